# By hand: terraform apply -invoke=action.privatelink_reject.leaving
action "privatelink_reject" "leaving" {
  config {
    service_id   = "vpce-svc-0123456789abcdef0"
    endpoint_ids = ["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"]
  }
}
