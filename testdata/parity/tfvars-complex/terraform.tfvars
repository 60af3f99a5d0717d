/* all kinds of values */
keys = {
  "plain" = {},
  "quoted.key" = {
    mode = "SOFTWARE"
  }
  "rotated" : { rotation = { days = "120", start = "2027-01-01T00:00:00Z" }, ignored = [1] }
}
untyped = {
  modes = ["HSM", <<-EOT
    SOFTWARE
    EOT
  ]
  rotate = true
}
untyped_with_default = { kind = -1, other = !true }
list_of_any          = ["60", 90]
tuple                = [1, "true"]
