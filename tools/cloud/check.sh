#!/usr/bin/env bash
# check.sh DIR [ARG...]: fmt, init, validate and test of a Terraform configuration against the registry; each ARG goes to
# `terraform test`. F1_TERRAFORM_CHECK=tools/cloud/check.sh lets the project's own tests plan with it.
set -euo pipefail
cd "$1"
shift
export TF_IN_AUTOMATION=1 TF_INPUT=0
terraform fmt -check -diff -recursive
terraform init -backend=false -input=false
terraform validate
terraform test "$@"
