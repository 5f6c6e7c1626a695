# A service in front of an application load balancer: its rules, certificates and WAF stay where they are.
#
# Consumers reach the endpoint service, its network load balancer passes connections on, and the application load balancer
# ends TLS and routes requests.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them: environment, profile, SSO, instance role.
provider "privatelink" {}

resource "privatelink_service" "web" {
  name               = "web"
  subnet_ids         = var.subnet_ids
  allowed_principals = var.consumer_account_ids

  # One application load balancer for each listener. It must listen on target_port, which is the listener's port by default;
  # where this configuration makes that listener, name it: depends_on = [aws_lb_listener.web].
  listener {
    name        = "http"
    port        = 80
    target_port = var.application_port
    target_ids  = [var.application_load_balancer_arn]

    # It is asked over HTTP, so that it counts as healthy only while it has healthy targets of its own.
    health_check {
      path    = "/ready"
      matcher = "200-399"
    }
  }
}

variable "subnet_ids" {
  description = "Subnets of the network load balancer, in zones where the application load balancer has nodes, too."
  type        = set(string)
}

variable "application_load_balancer_arn" {
  description = "The application load balancer, in the same account and VPC."
  type        = string
}

variable "application_port" {
  description = "Port on which the application load balancer listens."
  type        = number
  default     = 80
}

variable "consumer_account_ids" {
  description = "Accounts that may connect."
  type        = set(string)
  default     = []
}

output "service_name" {
  description = "Hand this to your consumers."
  value       = privatelink_service.web.service_name
}
