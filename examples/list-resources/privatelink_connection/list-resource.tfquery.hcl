# Connections of two customers that were accepted by hand.
list "privatelink_connection" "customers" {
  provider = privatelink

  config {
    service_id = "vpce-svc-0123456789abcdef0"
    owners     = ["222222222222", "333333333333"]
  }
}
