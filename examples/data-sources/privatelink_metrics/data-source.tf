# What went through an endpoint in the last day, by the hour.
data "privatelink_metrics" "orders" {
  endpoint_id = "vpce-0123456789abcdef0"
  metrics     = ["BytesProcessed", "PacketsDropped"]
  period      = 3600
  start       = "24h"
  per_zone    = true
}

# AWS counts minutes with traffic only: no data is not zero.
output "gigabytes" {
  value = lookup(data.privatelink_metrics.orders.sum, "BytesProcessed", 0) / pow(1000, 3)
}

# A warning at the end of each plan and apply.
check "orders_drops_nothing" {
  assert {
    condition     = lookup(data.privatelink_metrics.orders.sum, "PacketsDropped", 0) == 0
    error_message = "Packets to the service were dropped: run terraform-provider-privatelink diagnose."
  }
}
