variable "subnet_ids" {
  description = "Subnets of the endpoints, for those that name none of their own."
  type        = set(string)
  default     = null
}

variable "connections" {
  description = "Connections by name. A zone without an id is made, named as its key."
  type = map(object({
    service_name        = string
    subnet_ids          = optional(set(string))
    security_group_ids  = optional(set(string), [])
    private_dns_enabled = optional(bool)
    accepted_by         = optional(string)
    tags                = optional(map(string), {})

    ingress = optional(list(object({
      port              = number
      description       = optional(string)
      cidr_ipv4         = optional(string)
      security_group_id = optional(string)
    })), [])

    zones = optional(map(object({
      zone_id = optional(string)
      records = optional(set(string), ["@"])
    })), {})
  }))
  default = {}
}

variable "tags" {
  description = "Tags of every object."
  type        = map(string)
  default     = {}
}
