# A consumer that lets in and out no more than it must, tells a topic what becomes of its connection, and answers to names
# in two domains.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

provider "privatelink" {}

resource "privatelink_consumer" "orders" {
  name         = "orders"
  service_name = var.service_name
  subnet_ids   = var.subnet_ids

  # Only members of this group come in. Endpoints answer and never call, so nothing needs to go out.
  ingress {
    port              = 443
    security_group_id = var.client_group_id
    description       = "clients of orders"
  }

  egress = "none"

  # The topic's policy lets vpce.amazonaws.com publish.
  connection_notification {
    connection_notification_arn = var.topic_arn
    connection_events           = ["Accept", "Reject"]
  }

  # One block for each zone: one that this resource makes, and one that exists.
  dns {
    zone_name = "orders.internal"

    record {
      name = "@"
    }
  }

  dns {
    zone_id = var.zone_id

    record {
      name = "orders"
    }
  }
}

variable "service_name" {
  description = "Name of the endpoint service, from its owner."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the service, one for each zone."
  type        = set(string)
}

variable "client_group_id" {
  description = "Security group of the programs that use the service."
  type        = string
}

variable "topic_arn" {
  description = "SNS topic of this account and Region."
  type        = string
}

variable "zone_id" {
  description = "A private hosted zone of this account."
  type        = string
}

output "zone_ids" {
  description = "Zones by name, the one that was made here among them."
  value       = privatelink_consumer.orders.zone_ids
}
