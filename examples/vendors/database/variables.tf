variable "service_name" {
  description = "Name of the vendor's endpoint service."
  type        = string
}

variable "service_region" {
  description = "Region in which the database runs, where it is another one than yours."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of your Region that get an entry to the database, one for each zone."
  type        = set(string)
}

variable "database_domain" {
  description = "Domain of the cluster's private names, such as cluster0.abc12.database.example."
  type        = string
}

variable "application_security_group_id" {
  description = "Security group of the clients."
  type        = string
}
