# Datagrams over IPv4 and IPv6: both families leave the load balancer, those of IPv6 from a prefix of each subnet.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_service" "resolver" {
  name                       = "resolver"
  subnet_ids                 = var.subnet_ids
  supported_ip_address_types = ["ipv4", "ipv6"]

  load_balancer {
    ip_address_type                   = "dualstack"
    enable_prefix_for_ipv6_source_nat = "on"
  }

  listener {
    name       = "dns"
    port       = 53
    protocol   = "TCP_UDP"
    target_ids = var.instance_ids
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one for each zone, with IPv6 blocks."
  type        = set(string)
}

variable "instance_ids" {
  description = "Instances that answer."
  type        = set(string)
}

output "service_name" {
  description = "What consumers connect to."
  value       = privatelink_service.resolver.service_name
}
