# chosen by the platform team
mode = "SOFTWARE"
days = 365
