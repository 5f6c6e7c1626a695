# Who may connect, who is accepted without a person, and who is told.

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
  name               = "orders-api"
  subnet_ids         = var.subnet_ids
  allowed_principals = var.consumer_account_ids

  # Further Regions need the permission vpce:AllowMultiRegion.
  supported_regions = ["us-west-2"]

  # Trusted accounts are accepted by the next apply; everybody else waits for a person.
  accept {
    account_ids = var.trusted_account_ids
    regions     = ["us-east-1"]
  }

  # An account that loses its last principal loses its connections, too; AWS would leave them.
  reject_on_revoke = true

  # A destroy rejects whoever is connected. Without it, a destroy refuses while somebody is.
  force_destroy = true

  # The policy of the topic must let vpce.amazonaws.com publish.
  connection_notification {
    connection_notification_arn = var.topic_arn
    connection_events           = ["Connect", "Reject"]
  }

  listener {
    name       = "https"
    port       = 443
    target_ids = var.instance_ids
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
  description = "Accounts that may ask for a connection."
  type        = set(string)
}

variable "trusted_account_ids" {
  description = "Those of them that are accepted at once."
  type        = set(string)
}

variable "topic_arn" {
  description = "SNS topic that is told about connections."
  type        = string
}

output "waiting" {
  description = "Endpoints that the next apply accepts."
  value       = privatelink_service.orders.pending_endpoint_ids
}

output "service" {
  description = "All of the service, for other modules."
  value       = privatelink_service.orders
}
