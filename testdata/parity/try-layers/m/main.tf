output "mode" {
  value = "HSM"
}
output "list" {
  value = ["a", "b"]
}
