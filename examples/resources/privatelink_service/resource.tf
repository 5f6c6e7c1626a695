# An application on two instances, published to one other account under a name of its own.
resource "privatelink_service" "orders" {
  name               = "orders-api"
  subnet_ids         = ["subnet-0a1b2c3d4e5f60718", "subnet-0b1c2d3e4f5061728"]
  allowed_principals = ["222222222222"]

  listener {
    name       = "https"
    port       = 443
    target_ids = ["i-0a1b2c3d4e5f60718", "i-0b1c2d3e4f5061728"]
  }

  private_dns {
    name           = "orders.example.dev"
    hosted_zone_id = "Z0123456789ABCDEFGHIJ"
  }
}
