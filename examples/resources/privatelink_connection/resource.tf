# The owner of a service lets one endpoint of another account in; destroying this rejects the endpoint.
resource "privatelink_connection" "shop" {
  service_id  = "vpce-svc-0123456789abcdef0"
  endpoint_id = "vpce-0123456789abcdef0"
}
