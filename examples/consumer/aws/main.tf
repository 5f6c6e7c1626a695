# Services of AWS itself: nobody has to accept, policies limit what passes, and private DNS takes over AWS's own names.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

provider "privatelink" {
  region = "eu-west-1"
}

# S3. Private DNS needs no gateway endpoint in the VPC. Where there is one, and networks outside of AWS come through an
# inbound endpoint of Route 53 Resolver, private_dns_only_for_inbound_resolver_endpoint = true leaves the VPC's own traffic
# to the gateway endpoint, which costs nothing.
resource "privatelink_consumer" "s3" {
  service_name        = "com.amazonaws.eu-west-1.s3"
  subnet_ids          = var.subnet_ids
  private_dns_enabled = true

  private_dns_only_for_inbound_resolver_endpoint = var.has_gateway_endpoint
}

# IAM has no Region in its name, and lies in another one: service_region says which.
resource "privatelink_consumer" "iam" {
  service_name        = "com.amazonaws.iam"
  service_region      = "us-east-1"
  subnet_ids          = var.subnet_ids
  private_dns_enabled = true
}

# So does Route 53, for programs that change records.
resource "privatelink_consumer" "route53" {
  service_name        = "com.amazonaws.route53"
  service_region      = "us-east-1"
  subnet_ids          = var.subnet_ids
  private_dns_enabled = true
}

# Buckets of another Region: the name says which.
resource "privatelink_consumer" "s3_elsewhere" {
  name                = "s3-us-east-1"
  service_name        = "com.amazonaws.us-east-1.s3"
  subnet_ids          = var.subnet_ids
  private_dns_enabled = true
}

# One endpoint for the names of many VPCs: a Route 53 Profile takes SQS's own names to every VPC that it serves, of this account and of
# those that AWS RAM shares it with. Traffic comes through a transit gateway or peering, and the rules let it in.
resource "privatelink_consumer" "sqs" {
  service_name        = "com.amazonaws.eu-west-1.sqs"
  subnet_ids          = var.subnet_ids
  private_dns_enabled = true
  route53_profile_id  = var.route53_profile_id

  ingress {
    port      = 443
    cidr_ipv4 = "10.0.0.0/8"
  }
}

variable "subnet_ids" {
  description = "Subnets that get an entry to the services, one for each zone."
  type        = set(string)
}

variable "route53_profile_id" {
  description = "Route 53 Profile of the VPCs that use the endpoints of this one; null for none."
  type        = string
  default     = null
}

variable "has_gateway_endpoint" {
  description = "Whether the VPC has AWS's gateway endpoint for S3, which its own traffic is to keep using."
  type        = bool
  default     = false
}
