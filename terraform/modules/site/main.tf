# The dashboard's static files behind a global load balancer: HTTPS with a managed certificate, CDN, and a redirect for
# those who come by HTTP.

variable "bucket" {
  description = "Bucket with the site's files."
  type        = string
}

variable "domain" {
  description = "Domain whose DNS record points at the address that this makes."
  type        = string
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

resource "google_compute_global_address" "this" {
  name   = "f1-dashboard"
  labels = var.labels
}

resource "google_compute_managed_ssl_certificate" "this" {
  name = "f1-dashboard"
  managed {
    domains = [var.domain]
  }
}

resource "google_compute_ssl_policy" "this" {
  name            = "f1-dashboard"
  profile         = "RESTRICTED"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_backend_bucket" "this" {
  name             = "f1-dashboard"
  bucket_name      = var.bucket
  enable_cdn       = true
  compression_mode = "AUTOMATIC"

  cdn_policy {
    cache_mode         = "CACHE_ALL_STATIC"
    default_ttl        = 300
    client_ttl         = 300
    max_ttl            = 86400
    negative_caching   = true
    request_coalescing = true
    serve_while_stale  = 86400
  }

  custom_response_headers = [
    "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: no-referrer",
  ]
}

resource "google_compute_url_map" "https" {
  name            = "f1-dashboard"
  default_service = google_compute_backend_bucket.this.id
}

resource "google_compute_url_map" "redirect" {
  name = "f1-dashboard-redirect"
  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}

resource "google_compute_target_https_proxy" "this" {
  name             = "f1-dashboard"
  url_map          = google_compute_url_map.https.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
  ssl_policy       = google_compute_ssl_policy.this.id
}

resource "google_compute_target_http_proxy" "redirect" {
  name    = "f1-dashboard-redirect"
  url_map = google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "f1-dashboard"
  target                = google_compute_target_https_proxy.this.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "redirect" {
  name                  = "f1-dashboard-redirect"
  target                = google_compute_target_http_proxy.redirect.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = var.labels
}

output "address" {
  description = "Address for the domain's A record."
  value       = google_compute_global_address.this.address
}
