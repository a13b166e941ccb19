# Who is told. Mail always reaches somebody; Slack and PagerDuty where they are set up. What can wait until the morning
# goes to mail and Slack, what cannot to PagerDuty as well.

resource "google_monitoring_notification_channel" "email" {
  for_each     = toset(var.emails)
  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }
}

resource "google_monitoring_notification_channel" "slack" {
  count        = nonsensitive(var.slack == null) ? 0 : 1
  display_name = "Slack"
  type         = "slack"
  labels       = { channel_name = nonsensitive(var.slack.channel) }
  sensitive_labels {
    auth_token = var.slack.token
  }
}

resource "google_monitoring_notification_channel" "pagerduty" {
  count        = nonsensitive(var.pagerduty_key == "") ? 0 : 1
  display_name = "PagerDuty"
  type         = "pagerduty"
  sensitive_labels {
    service_key = var.pagerduty_key
  }
}

locals {
  mail   = [for channel in google_monitoring_notification_channel.email : channel.id]
  ticket = concat(local.mail, google_monitoring_notification_channel.slack[*].id)
  page   = concat(local.ticket, google_monitoring_notification_channel.pagerduty[*].id)
}
