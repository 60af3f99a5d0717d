variable "mode" {}
