b = "SOFTWARE"
c = "HSM"
d = "HSM"
