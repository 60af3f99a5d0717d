m = true ? "HSM" : "x"
n = 30 * 3
