# vpce-svc-0123456789abcdef0
output "service_id" {
  value = provider::privatelink::service_id("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0")
}
