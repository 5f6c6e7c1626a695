resource "privatelink_consumer" "warehouse" {
  service_name = var.service_name
  subnet_ids   = var.subnet_ids

  dynamic "dns" {
    for_each = var.domains
    content {
      zone_name = dns.key

      dynamic "record" {
        for_each = dns.value
        content {
          name        = record.value
          ttl_seconds = 300
        }
      }
    }
  }
}
