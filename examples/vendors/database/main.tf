resource "privatelink_consumer" "database" {
  service_name   = var.service_name
  service_region = var.service_region
  subnet_ids     = var.subnet_ids

  ingress {
    from_port         = 1024
    to_port           = 1074
    security_group_id = var.application_security_group_id
  }

  dns {
    zone_name = var.database_domain
    record { name = "@" }
    record { name = "*" }
  }
}
