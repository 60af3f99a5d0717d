variable "i" {}
output "out" {
  value = "o${var.i}"
}
