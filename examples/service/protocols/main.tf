# Listeners of every protocol: TLS that ends at the load balancer, datagrams, and one listener for each entry of a map.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_service" "gateway" {
  name       = "gateway"
  subnet_ids = var.subnet_ids

  # TLS ends here and the targets see plain TCP. Another certificate takes over in place.
  listener {
    name            = "tls"
    port            = 443
    protocol        = "TLS"
    certificate_arn = var.certificate_arn
    ssl_policy      = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    alpn_policy     = "HTTP2Preferred"
    target_port     = 8080
    target_ids      = var.instance_ids

    # Chosen by the name that a client asks for.
    additional_certificate_arns = var.more_certificate_arns

    # Clients show a certificate of an authority in the trust store.
    mutual_authentication {
      mode            = "verify"
      trust_store_arn = var.trust_store_arn

      # For the days of an exchange alone.
      ignore_client_certificate_expiry = false
    }
  }

  # Datagrams on their own, and both on one port.
  listener {
    name       = "syslog"
    port       = 514
    protocol   = "UDP"
    target_ids = var.instance_ids
  }

  listener {
    name       = "dns"
    port       = 53
    protocol   = "TCP_UDP"
    target_ids = var.instance_ids
  }

  # Something else registers the targets: an Auto Scaling group, ECS, a controller.
  listener {
    name                     = "stream"
    port                     = 9092
    target_type              = "ip"
    tcp_idle_timeout_seconds = 3600

    health_check {
      interval          = 10
      healthy_threshold = 2
    }
  }

  # One for each entry of a variable, which may be unknown until apply.
  dynamic "listener" {
    for_each = var.more_listeners

    content {
      name       = listener.key
      port       = listener.value
      target_ids = var.instance_ids
    }
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one for each zone."
  type        = set(string)
}

variable "instance_ids" {
  description = "Instances that run the application."
  type        = set(string)
}

variable "certificate_arn" {
  description = "Certificate of the TLS listener, in ACM."
  type        = string
}

variable "more_certificate_arns" {
  description = "Further certificates of the TLS listener, in ACM."
  type        = set(string)
  default     = []
}

variable "trust_store_arn" {
  description = "Trust store with the authorities of clients' certificates."
  type        = string
}

variable "more_listeners" {
  description = "Ports of further TCP listeners by name."
  type        = map(number)
  default     = { metrics = 9100 }
}

output "target_group_arns" {
  description = "Where an Auto Scaling group or a controller registers, by listener."
  value       = { for name, listener in privatelink_service.gateway.listeners : name => listener.target_group_arn }
}
