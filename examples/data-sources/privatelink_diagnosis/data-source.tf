# Where the connection stops, from both sides. Broken is no error by itself.
data "privatelink_diagnosis" "orders" {
  endpoint_id        = "vpce-0123456789abcdef0"
  name               = "orders.example.dev"
  security_group_ids = ["sg-0123456789abcdef0"]
  peer_account       = "service"
}

# A warning at the end of each plan and apply.
check "orders_is_reachable" {
  assert {
    condition     = data.privatelink_diagnosis.orders.broken_at == null
    error_message = data.privatelink_diagnosis.orders.report
  }
}

# The connection as it is, for a pull request or a runbook.
output "diagram" {
  value = "```mermaid\n${data.privatelink_diagnosis.orders.mermaid}```"
}
