# The load balancer itself: fixed addresses, security groups, logs, protection.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_service" "orders" {
  name = "orders-api"

  # In place of subnet_ids: the address that the load balancer gets in each subnet.
  dynamic "subnet_mapping" {
    for_each = var.addresses

    content {
      subnet_id            = subnet_mapping.key
      private_ipv4_address = subnet_mapping.value
    }
  }

  load_balancer {
    enable_cross_zone_load_balancing = true
    dns_record_client_routing_policy = "availability_zone_affinity"

    # Room for three times 55,000 connections to a target at a time. AWS never takes these addresses away.
    secondary_ips_auto_assigned_per_subnet = 2

    # Lets a zonal shift lead traffic away from a zone in trouble.
    enable_zonal_shift = true

    # AWS keeps this capacity ready, and charges for it; not beside TLS listeners.
    minimum_load_balancer_capacity {
      capacity_units = 5500
    }

    # Decide at birth: the first group and the last one take a new load balancer.
    security_groups = var.security_group_ids

    # Rules see the addresses of the consumers' clients, which you may not know.
    enforce_security_group_inbound_rules_on_private_link_traffic = "off"

    access_logs {
      bucket  = var.log_bucket
      prefix  = "orders"
      enabled = true
    }
  }

  listener {
    name       = "https"
    port       = 443
    target_ids = var.instance_ids

    # Long-lived connections survive a failed health check for a quarter of an hour.
    unhealthy_connection_termination = false
    unhealthy_draining_interval      = 900

    # Traffic stays in its zone, whatever the load balancer does for other listeners.
    target_cross_zone = "false"

    # Names lead away from a zone in which half of the targets are unhealthy; below a quarter, the others get traffic again.
    target_group_health {
      dns_failover {
        minimum_healthy_targets_percentage = "50"
      }

      unhealthy_state_routing {
        minimum_healthy_targets_percentage = "25"
      }
    }
  }
}

variable "addresses" {
  description = "Address of the load balancer by subnet."
  type        = map(string)
}

variable "security_group_ids" {
  description = "Security groups of the load balancer."
  type        = set(string)
}

variable "log_bucket" {
  description = "Bucket for logs of TLS connections."
  type        = string
}

variable "instance_ids" {
  description = "Instances that run the application."
  type        = set(string)
}

output "load_balancer" {
  description = "Name, DNS name and zone of the load balancer."
  value       = privatelink_service.orders.load_balancers
}
