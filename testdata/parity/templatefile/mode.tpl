%{ if env == "prod" }HSM%{ else }SOFTWARE%{ endif }
