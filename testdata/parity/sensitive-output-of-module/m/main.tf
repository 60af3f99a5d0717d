output "mode" {
  value     = "HSM"
  sensitive = true
}
