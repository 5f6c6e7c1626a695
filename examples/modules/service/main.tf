# A service as a module: what is left out by its caller has the provider's default.
terraform {
  required_version = ">= 1.3"

  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

resource "privatelink_service" "this" {
  name                = var.name
  subnet_ids          = var.subnet_ids
  acceptance_required = var.acceptance_required
  allowed_principals  = var.allowed_principals
  supported_regions   = var.supported_regions
  tags                = var.tags

  dynamic "listener" {
    for_each = var.listeners

    content {
      name            = listener.key
      port            = listener.value.port
      protocol        = listener.value.protocol
      certificate_arn = listener.value.certificate_arn
      target_port     = listener.value.target_port
      target_ids      = listener.value.target_ids
      target_type     = listener.value.target_type

      dynamic "health_check" {
        for_each = listener.value.health_check_path[*]

        content {
          protocol = "HTTP"
          path     = health_check.value
        }
      }
    }
  }

  dynamic "accept" {
    for_each = length(var.accept_account_ids) > 0 ? [var.accept_account_ids] : []

    content {
      account_ids = accept.value
    }
  }

  dynamic "private_dns" {
    for_each = var.private_dns[*]

    content {
      name           = private_dns.value.name
      hosted_zone_id = private_dns.value.hosted_zone_id
    }
  }

  dynamic "connection_notification" {
    for_each = var.notification_topic_arns

    content {
      connection_notification_arn = connection_notification.value
    }
  }
}
