bare = "HSM"
