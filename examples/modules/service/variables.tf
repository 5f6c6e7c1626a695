variable "name" {
  description = "Name of the service."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one for each zone."
  type        = set(string)
}

variable "listeners" {
  description = "Listeners by name. Without target_ids, something else registers the targets, and target_type says of which kind they are."
  type = map(object({
    port              = number
    protocol          = optional(string)
    certificate_arn   = optional(string)
    target_port       = optional(number)
    target_ids        = optional(set(string))
    target_type       = optional(string)
    health_check_path = optional(string)
  }))
}

variable "acceptance_required" {
  description = "Whether each connection must be accepted."
  type        = bool
  default     = true
}

variable "allowed_principals" {
  description = "Who may connect."
  type        = set(string)
  default     = []
}

variable "accept_account_ids" {
  description = "Accounts whose connections are accepted."
  type        = set(string)
  default     = []
}

variable "private_dns" {
  description = "Private name of the service, and the public zone that proves it."
  type = object({
    name           = string
    hosted_zone_id = optional(string)
  })
  default = null
}

variable "supported_regions" {
  description = "Further Regions from which consumers may connect."
  type        = set(string)
  default     = []
}

variable "notification_topic_arns" {
  description = "SNS topics that hear of connections."
  type        = set(string)
  default     = []
}

variable "tags" {
  description = "Tags of every object."
  type        = map(string)
  default     = {}
}
