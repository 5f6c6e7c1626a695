# The consumer side alone: connect subnets to somebody else's service, be it a colleague's, a vendor's or AWS's own.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_consumer" "orders" {
  service_name = var.service_name
  subnet_ids   = var.subnet_ids

  # Without ingress, security_group_ids and default_ingress, the endpoint answers on TCP 443 to the whole VPC.

  # The owner of the service must accept. Until then the apply ends with a warning that says who must accept what, and a
  # later apply carries on; true makes this apply wait for it.
  wait_for_acceptance = false

  # A name of your own for it, in a private zone that this resource makes.
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

variable "service_name" {
  description = "Name of the endpoint service, from its owner."
  type        = string

  validation {
    condition     = startswith(var.service_name, "com.amazonaws.")
    error_message = "A service name looks like com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0."
  }
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the service, one for each zone."
  type        = set(string)
}

output "state" {
  description = "pendingAcceptance until the owner has accepted, then available."
  value       = privatelink_consumer.orders.state
}

output "names" {
  description = "Your own names, and what they lead to."
  value       = privatelink_consumer.orders.records
}
