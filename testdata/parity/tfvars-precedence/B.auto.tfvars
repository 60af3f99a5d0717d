d = "from B.auto.tfvars"
e = "from B.auto.tfvars"
