# A module around a connection. "terraform test" runs its tests, in tests/, without AWS and without credentials.
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "name" {
  description = "Name of the service."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{1,24}$", var.name))
    error_message = "The name must be 1-24 lower-case letters, digits and hyphens."
  }
}

variable "service_subnet_ids" {
  description = "Subnets of the load balancer."
  type        = set(string)
}

variable "consumer_subnet_ids" {
  description = "Subnets of the endpoint."
  type        = set(string)
}

variable "ports" {
  description = "Ports by the name of their listener."
  type        = map(number)
}

resource "privatelink_service" "this" {
  name               = var.name
  subnet_ids         = var.service_subnet_ids
  allowed_principals = ["222222222222"]

  dynamic "listener" {
    for_each = var.ports
    content {
      name        = listener.key
      port        = listener.value
      target_type = "ip"
    }
  }
}

resource "privatelink_consumer" "this" {
  name         = var.name
  service_name = privatelink_service.this.service_name
  subnet_ids   = var.consumer_subnet_ids
}

output "dns_name" {
  value = privatelink_consumer.this.dns_name
}
