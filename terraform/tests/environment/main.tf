# Reads an environment's variables from its file, so that the tests plan what would be deployed.

terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }
}

variable "name" {
  description = "Environment, as its file is called."
  type        = string
}

output "values" {
  description = "Its variables."
  value       = provider::terraform::decode_tfvars(file("${path.module}/../../environments/${var.name}.tfvars"))
}
