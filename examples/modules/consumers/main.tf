# Endpoints of many services as a module: one for each entry.
terraform {
  required_version = ">= 1.3"

  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

resource "privatelink_consumer" "this" {
  for_each = var.connections

  name                = each.key
  service_name        = each.value.service_name
  subnet_ids          = coalesce(each.value.subnet_ids, var.subnet_ids)
  security_group_ids  = each.value.security_group_ids
  private_dns_enabled = each.value.private_dns_enabled
  tags                = merge(var.tags, each.value.tags)

  dynamic "ingress" {
    for_each = each.value.ingress

    content {
      port              = ingress.value.port
      description       = ingress.value.description
      cidr_ipv4         = ingress.value.cidr_ipv4
      security_group_id = ingress.value.security_group_id
    }
  }

  dynamic "accept" {
    for_each = each.value.accepted_by[*]

    content {
      peer_account = accept.value
    }
  }

  dynamic "dns" {
    for_each = each.value.zones

    content {
      zone_name = dns.value.zone_id == null ? dns.key : null
      zone_id   = dns.value.zone_id

      dynamic "record" {
        for_each = dns.value.records

        content {
          name = record.value
        }
      }
    }
  }
}
