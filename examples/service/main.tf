# The provider side alone: publish an application to other accounts.
#
# Consumers need one thing from you, the output service_name.

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

  # Bare account ids, ARNs of users and roles, or "*". An empty list means nobody.
  allowed_principals = var.consumer_account_ids

  # Each connection waits for your yes. With false, everybody on the list is connected at once.
  acceptance_required = true

  listener {
    name       = "https"
    port       = 443
    target_ids = var.instance_ids

    # Every setting has a default; this one asks the application instead of just opening a connection.
    health_check {
      protocol = "HTTPS"
      path     = "/healthz"
    }
  }

  # A second port, with targets of its own.
  listener {
    name        = "admin"
    port        = 8443
    target_port = 9443
    target_ids  = var.instance_ids
  }

  load_balancer {
    # An entry in one zone also reaches the targets of the others.
    enable_cross_zone_load_balancing = true
  }

  tags = {
    Team = "orders"
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

variable "consumer_account_ids" {
  description = "Accounts that may connect, the own one included if it shall."
  type        = set(string)
  default     = []
}

output "service_name" {
  description = "Hand this to your consumers."
  value       = privatelink_service.orders.service_name
}
