output "endpoint_id" {
  description = "What the vendor asks for, to let the connection in."
  value       = privatelink_consumer.database.id
}

output "names" {
  description = "Names that clients use, and what they lead to."
  value       = privatelink_consumer.database.records
}
