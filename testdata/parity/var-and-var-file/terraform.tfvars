mode = "SOFTWARE"
