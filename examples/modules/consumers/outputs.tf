output "connections" {
  description = "The whole resources, by name."
  value       = privatelink_consumer.this
}

output "dns_names" {
  description = "Names of the endpoints, by name of the connection."
  value       = { for name, one in privatelink_consumer.this : name => one.dns_name }
}
