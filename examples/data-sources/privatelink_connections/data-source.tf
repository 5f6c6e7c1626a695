# Who waits to be accepted, and since when.
data "privatelink_connections" "waiting" {
  service_id = "vpce-svc-0123456789abcdef0"
  states     = ["pendingAcceptance"]
}

output "waiting" {
  value = { for one in data.privatelink_connections.waiting.connections : one.endpoint_id => "${one.owner} since ${one.created_at}" }
}
