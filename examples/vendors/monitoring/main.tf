resource "privatelink_consumer" "monitoring" {
  for_each = var.services

  name                = "monitoring-${each.key}"
  service_name        = "com.amazonaws.vpce.us-east-1.${each.value}"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [var.endpoint_security_group_id]
  private_dns_enabled = true
}
