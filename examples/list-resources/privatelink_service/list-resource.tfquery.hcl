# Services in front of load balancers in one VPC, with their configuration:
# terraform query -generate-config-out=services.tf
list "privatelink_service" "orders" {
  provider         = privatelink
  include_resource = true
  limit            = 500

  config {
    vpc_id = "vpc-0123456789abcdef0"
    tags = {
      team = "orders"
    }
  }
}
