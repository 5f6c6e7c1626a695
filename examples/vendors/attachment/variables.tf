variable "service_name" {
  description = "Name of the vendor's endpoint service."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the service, one for each zone."
  type        = set(string)
}

variable "database_domain" {
  description = "Domain of the vendor's private names."
  type        = string
}
