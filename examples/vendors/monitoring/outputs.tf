output "names" {
  description = "Names that agents use, by service."
  value       = { for name, one in privatelink_consumer.monitoring : name => one.private_dns_names }
}
