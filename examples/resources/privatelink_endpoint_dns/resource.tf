# The names of an endpoint that its owner accepts after it was told the id.
resource "privatelink_endpoint_dns" "database" {
  endpoint_id = "vpce-0123456789abcdef0"

  dns {
    zone_name = "cluster0.abc12.database.example"
    record { name = "*" }
  }
}
