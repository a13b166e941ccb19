"""What Terraform, packaging and the operations share."""
