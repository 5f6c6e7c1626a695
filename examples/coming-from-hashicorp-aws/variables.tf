variable "region" {
  description = "Region of both sides."
  type        = string
  default     = "us-east-1"
}

variable "provider_subnet_ids" {
  description = "Subnets of the load balancer."
  type        = set(string)
}

variable "provider_instance_ids" {
  description = "Instances that serve port 443."
  type        = set(string)
}

variable "consumer_account_id" {
  description = "Account that may connect."
  type        = string
}

variable "consumer_subnet_ids" {
  description = "Subnets of the endpoint."
  type        = set(string)
}

variable "application_security_group_id" {
  description = "Security group of the endpoint."
  type        = string
}
