resource "privatelink_consumer" "warehouse" {
  service_name    = var.service_name
  subnet_ids      = var.subnet_ids
  default_ingress = true # TCP 443 from the whole VPC

  dns {
    zone_name = var.private_domain

    dynamic "record" {
      for_each = var.names
      content {
        name        = record.value
        ttl_seconds = 300
      }
    }
  }
}
