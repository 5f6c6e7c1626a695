# After the administrator of the domain has published the TXT record:
# terraform apply -invoke=action.privatelink_start_verification.orders
action "privatelink_start_verification" "orders" {
  config {
    service_id = "vpce-svc-0123456789abcdef0"
    timeout    = "30m"
  }
}
