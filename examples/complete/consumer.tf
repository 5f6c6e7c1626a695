# The consumer side: security group, interface endpoint, acceptance, private DNS and records of your own.
resource "privatelink_consumer" "orders" {
  provider = privatelink.consumer

  name         = "orders"
  service_name = privatelink_service.orders.service_name
  subnet_ids   = var.consumer_subnet_ids

  # Who may open connections: members of the application's security group.
  ingress {
    description       = "application"
    port              = 443
    security_group_id = var.application_security_group_id
  }

  # The service asks for acceptance; this side may give it itself, with the credentials of the peer account.
  accept {
    peer_account = "service"
  }

  # Inside the VPC, orders.example.dev leads to the endpoint. Switched on after the acceptance, in the same apply.
  private_dns_enabled = true

  # A second name, in a private zone that this resource makes: orders.services.internal.
  dns {
    zone_name = "services.internal"

    record {
      name = "orders"
    }
  }

  tags = {
    Team = "shop"
  }
}
