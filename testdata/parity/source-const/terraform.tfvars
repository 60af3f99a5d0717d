given = "other"
