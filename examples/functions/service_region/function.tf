# eu-west-1
output "service_region" {
  value = provider::privatelink::service_region("com.amazonaws.eu-west-1.sqs")
}
