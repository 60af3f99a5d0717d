vault = { name = "vlt" }
keys = {
  storage = {
    rotation_interval_days = 120
  }
  database = {
    protection_mode        = "Software"
    rotation_interval_days = 365
    rotation_start         = "2027-02-01T00:00:00Z"
  }
  static = {
    auto_rotation = false
  }
}
