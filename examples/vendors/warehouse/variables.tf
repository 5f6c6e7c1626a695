variable "service_name" {
  description = "Name of the vendor's endpoint service."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the warehouse, one for each zone."
  type        = set(string)
}

variable "domains" {
  description = "Domains of the vendor's private names, and the names below each, as the vendor's console lists them for the account."
  type        = map(set(string))
  default = {
    "privatelink.warehouse.example" = [
      "ab12345.us-east-1",
      "acme-main",
      "ocsp.ab12345.us-east-1",
      "ocsp.acme-main",
    ]
    "privatelink.warehouse-apps.example" = ["*.acme-main"]
  }
}
