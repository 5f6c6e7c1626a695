# A service in front of load balancers that exist already. They are attached and never changed.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_service" "legacy" {
  name               = "legacy"
  load_balancer_arns = var.load_balancer_arns
  allowed_principals = var.consumer_account_ids
}

variable "load_balancer_arns" {
  description = "Network load balancers with the same listeners, in zones of your choice."
  type        = set(string)
}

variable "consumer_account_ids" {
  description = "Accounts that may connect."
  type        = set(string)
}

output "service_name" {
  description = "Hand this to your consumers."
  value       = privatelink_service.legacy.service_name
}
