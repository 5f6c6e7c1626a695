variable "service_name" {
  description = "Name of the vendor's endpoint service, from the network page of the cluster."
  type        = string
}

variable "subnet_ids" {
  description = "One subnet for each zone of the cluster. The vendor names the zones by id, such as use1-az1."
  type        = set(string)
}

variable "cluster_domain" {
  description = "DNS domain of the network, such as abc123.us-east-1.aws.kafka.example."
  type        = string
}

variable "application_security_group_id" {
  description = "Security group of the clients."
  type        = string
}
