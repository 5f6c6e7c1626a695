variable "services" {
  description = "Ids of the vendor's endpoint services, by what they take in."
  type        = map(string)
}

variable "subnet_ids" {
  description = "Subnets that get an entry to each service, one for each zone."
  type        = set(string)
}

variable "endpoint_security_group_id" {
  description = "Security group that all endpoints share; it lets the agents in."
  type        = string
}
