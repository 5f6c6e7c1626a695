# Accepts the endpoint of a resource of hashicorp/aws as soon as it is made.
action "privatelink_accept" "orders" {
  config {
    service_id   = "vpce-svc-0123456789abcdef0"
    endpoint_ids = [aws_vpc_endpoint.orders.id]
  }
}

resource "aws_vpc_endpoint" "orders" {
  vpc_id            = "vpc-0123456789abcdef0"
  service_name      = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
  vpc_endpoint_type = "Interface"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.privatelink_accept.orders]
    }
  }
}
