resource "privatelink_consumer" "kafka" {
  service_name = var.service_name
  subnet_ids   = var.subnet_ids

  ingress {
    port              = 9092
    security_group_id = var.application_security_group_id
  }

  dns {
    zone_name = var.cluster_domain
    record { name = "*" }
    record {
      name  = "*"
      zonal = true
    }
  }
}
