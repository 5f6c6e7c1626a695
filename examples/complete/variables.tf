variable "region" {
  description = "Region of both sides."
  type        = string
  default     = "us-east-1"
}

variable "provider_account_id" {
  description = "Account that offers the service."
  type        = string
}

variable "provider_subnet_ids" {
  description = "Subnets of the load balancer, one for each zone."
  type        = set(string)
}

variable "provider_instance_ids" {
  description = "Instances that run the application behind the service."
  type        = set(string)
}

variable "domain" {
  description = "Domain of the public zone; the service is called orders.<domain>."
  type        = string
}

variable "public_zone_id" {
  description = "Public hosted zone of the domain, in the account that offers the service."
  type        = string
}

variable "consumer_account_id" {
  description = "Account that uses the service."
  type        = string
}

variable "consumer_subnet_ids" {
  description = "Subnets that get an entry to the service, one for each zone."
  type        = set(string)
}

variable "application_security_group_id" {
  description = "Security group of the application that calls the service."
  type        = string
}
