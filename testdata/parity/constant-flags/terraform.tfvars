root_parens = null
root_not    = null
root_null   = null
