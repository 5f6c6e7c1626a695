output "service_name" {
  description = "What other consumers write into service_name."
  value       = privatelink_service.orders.service_name
}

output "service_id" {
  description = "Id of the endpoint service."
  value       = privatelink_service.orders.id
}

output "endpoint_id" {
  description = "Id of the endpoint."
  value       = privatelink_consumer.orders.id
}

output "vpc_id" {
  description = "VPC of the endpoint."
  value       = privatelink_consumer.orders.vpc_id
}

output "private_name" {
  description = "Name of the service inside the consumer's VPC."
  value       = privatelink_service.orders.private_dns[0].name
}

output "records" {
  description = "Names of the consumer's own zone and what they lead to."
  value       = privatelink_consumer.orders.records
}
