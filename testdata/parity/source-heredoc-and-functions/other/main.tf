variable "mode" {}
variable "endpoint" {}
