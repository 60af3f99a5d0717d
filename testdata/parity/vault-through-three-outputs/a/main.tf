module "b" {
  source = "./b"
  count  = 2
  type   = ["DEFAULT", "VIRTUAL_PRIVATE"][count.index]
}
output "info" {
  value = module.b[0].info
}
output "list" {
  value = module.b[*].info
}
