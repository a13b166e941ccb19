output "runbooks" {
  description = "Runbook of each alert."
  value = merge(
    { for alert in concat(values(google_monitoring_alert_policy.threshold), values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.burn), google_monitoring_alert_policy.no_instance, [google_monitoring_alert_policy.errors, google_monitoring_alert_policy.uptime]) : alert.display_name => trimprefix(alert.documentation[0].content, "Runbook: ") }
  )
}
