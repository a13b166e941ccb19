output "dashboard_address" {
  description = "Address for the A record of the dashboard's domain."
  value       = one(module.site[*].address)
}

output "dead_letters" {
  description = "Subscriptions that hold dead letters."
  value       = concat([for subscription in values(module.subscription) : subscription.dead], [module.audit.dead])
}

output "identity_provider" {
  description = "For the workflow's variable GCP_IDENTITY_PROVIDER."
  value       = one(module.release[*].provider)
}

output "recommend_url" {
  description = "Address of the product."
  value       = module.recommend.uri
}

output "runbooks" {
  description = "Runbook of each alert."
  value       = module.monitoring.runbooks
}
