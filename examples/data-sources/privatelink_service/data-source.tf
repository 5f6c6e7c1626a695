# Picks the subnets by the zones that the service has, before anything is planned.
variable "service_name" {
  type    = string
  default = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
}

# The application's subnets, by zone id, such as "use1-az1".
variable "subnet_ids_by_zone_id" {
  type    = map(string)
  default = {}
}

data "privatelink_service" "orders" {
  service_name = var.service_name
}

locals {
  shared_zone_ids = setintersection(keys(var.subnet_ids_by_zone_id), data.privatelink_service.orders.availability_zone_ids)
}

resource "privatelink_consumer" "orders" {
  service_name = var.service_name
  subnet_ids   = [for zone_id in local.shared_zone_ids : var.subnet_ids_by_zone_id[zone_id]]

  lifecycle {
    precondition {
      condition     = length(local.shared_zone_ids) > 0
      error_message = "None of the subnets lies in a zone of the service: ${join(", ", data.privatelink_service.orders.availability_zone_ids)}."
    }
  }
}
