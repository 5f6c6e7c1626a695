# Two versions behind one service name: the listener's own target group, and one that something else fills, each with its weight.

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
  name       = "orders-api"
  subnet_ids = var.subnet_ids

  listener {
    name       = "https"
    port       = 443
    target_ids = var.instance_ids

    # Of a hundred new connections the next version gets as many. Each step changes the listener in place.
    weight = 100 - var.next_share

    weighted_target_group {
      arn    = var.next_target_group_arn
      weight = var.next_share
    }
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one for each zone."
  type        = set(string)
}

variable "instance_ids" {
  description = "Instances that run the version of today."
  type        = set(string)
}

variable "next_target_group_arn" {
  description = "Target group of the next version, which its own deployment fills."
  type        = string
}

variable "next_share" {
  description = "Share of new connections that the next version gets, in percent."
  type        = number
  default     = 0
}

output "service_name" {
  description = "What consumers connect to, whichever version answers."
  value       = privatelink_service.orders.service_name
}
