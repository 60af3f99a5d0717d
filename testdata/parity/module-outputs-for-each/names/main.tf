variable "prefix" {}
output "names" {
  value = [for i in range(2) : "${var.prefix}${i}"]
}
output "mode" {
  value = var.prefix == "x" ? "HSM" : null
}
