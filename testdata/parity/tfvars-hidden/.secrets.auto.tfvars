hidden = "HSM"
later  = "HSM"
