output "service" {
  description = "The whole resource."
  value       = privatelink_service.this
}

output "service_name" {
  description = "What consumers connect to."
  value       = privatelink_service.this.service_name
}
