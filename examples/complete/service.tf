# The provider side: network load balancer, target group, targets, listener, endpoint service, who may connect, and the
# private DNS name with the TXT record that proves that it is yours.
resource "privatelink_service" "orders" {
  provider = privatelink.service

  name       = "orders-api"
  subnet_ids = var.provider_subnet_ids

  # Exactly these may connect, besides the service's own account, which needs no entry.
  allowed_principals = [var.consumer_account_id]

  listener {
    name       = "https"
    port       = 443
    target_ids = var.provider_instance_ids
  }

  # Consumers call the service by your name. The record lives in a public zone of this account, and the apply waits until
  # AWS has seen it there.
  private_dns {
    name           = "orders.${var.domain}"
    hosted_zone_id = var.public_zone_id
  }

  tags = {
    Team = "orders"
  }
}
