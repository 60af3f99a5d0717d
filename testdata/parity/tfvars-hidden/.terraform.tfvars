terraform = "HSM"
