d = "from b.auto.tfvars"
e = "from b.auto.tfvars"
