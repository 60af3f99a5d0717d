later = "EXTERNAL"
