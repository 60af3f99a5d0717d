m = "HSM"
# x
