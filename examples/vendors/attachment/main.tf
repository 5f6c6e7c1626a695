resource "privatelink_consumer" "database" {
  service_name = var.service_name
  subnet_ids   = var.subnet_ids
}

# Stands for the vendor's resource, which is told the id and lets the endpoint in.
resource "terraform_data" "attachment" {
  input = privatelink_consumer.database.id
}

resource "privatelink_endpoint_dns" "database" {
  endpoint_id = terraform_data.attachment.output

  dns {
    zone_name = var.database_domain
    record { name = "*" }
  }
}
