days   = 120
rotate = true
