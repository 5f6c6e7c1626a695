# The service's side: what aws_lb, aws_lb_listener, aws_lb_target_group, its attachments, aws_vpc_endpoint_service and its
# allowed principals described.
resource "privatelink_service" "orders" {
  provider = privatelink.service

  name                = "orders"
  subnet_ids          = var.provider_subnet_ids
  acceptance_required = false
  allowed_principals  = [var.consumer_account_id]

  listener {
    name       = "tcp-443"
    port       = 443
    target_ids = var.provider_instance_ids
  }
}

moved {
  from = aws_vpc_endpoint_service.orders
  to   = privatelink_service.orders
}

# What the service consists of now leaves the state and stays in AWS.
removed {
  from = aws_lb.orders
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_listener.orders
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_target_group.orders
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_lb_target_group_attachment.orders
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_vpc_endpoint_service_allowed_principal.orders
  lifecycle {
    destroy = false
  }
}

# The consumer's side. Its security group is managed elsewhere, and stays there.
resource "privatelink_consumer" "orders" {
  provider = privatelink.consumer

  name               = "orders"
  service_name       = privatelink_service.orders.service_name
  subnet_ids         = var.consumer_subnet_ids
  security_group_ids = [var.application_security_group_id]
}

moved {
  from = aws_vpc_endpoint.orders
  to   = privatelink_consumer.orders
}
