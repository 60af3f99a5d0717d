e = "from other.tfvars, which nothing reads"
