output "mode" {
  value = "HSM"
}
