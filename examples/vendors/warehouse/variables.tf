variable "service_name" {
  description = "Name of the vendor's endpoint service."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the warehouse, one for each zone."
  type        = set(string)
}

variable "private_domain" {
  description = "Domain of the vendor's private names."
  type        = string
  default     = "privatelink.warehouse.example"
}

variable "names" {
  description = "Names below the domain, as the vendor's console lists them for the account."
  type        = set(string)
  default = [
    "ab12345.us-east-1",
    "app-acme-main",
    "acme-main",
    "ocsp.ab12345.us-east-1",
    "ocsp.acme-main",
  ]
}
