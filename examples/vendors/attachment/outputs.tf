output "names" {
  description = "Names that clients use, and what they lead to."
  value       = privatelink_endpoint_dns.database.records
}
