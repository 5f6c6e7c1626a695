# What the provider would return. Without it a mock gives every text that is not written as eight random letters, which no
# argument of another resource accepts.

mock_resource "privatelink_service" {
  defaults = {
    id                         = "vpce-svc-0123456789abcdef0"
    arn                        = "arn:aws:ec2:us-east-1:111111111111:vpc-endpoint-service/vpce-svc-0123456789abcdef0"
    region                     = "us-east-1"
    service_id                 = "vpce-svc-0123456789abcdef0"
    service_name               = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
    service_state              = "Available"
    acceptance_required        = true
    supported_ip_address_types = ["ipv4"]
    availability_zones         = ["us-east-1a"]
    availability_zone_ids      = ["use1-az1"]
    base_endpoint_dns_names    = ["vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com"]
    private_dns_state          = "verified"
    private_dns_record = {
      name  = "_0123456789abcdefghij.orders.example.dev"
      type  = "TXT"
      value = "vpce:0123456789abcdefghij"
    }
  }
}

mock_resource "privatelink_consumer" {
  defaults = {
    id                    = "vpce-0123456789abcdef0"
    arn                   = "arn:aws:ec2:us-east-1:222222222222:vpc-endpoint/vpce-0123456789abcdef0"
    region                = "us-east-1"
    service_region        = "us-east-1"
    name                  = "vpce-svc-0123456789abcdef0"
    state                 = "available"
    vpc_id                = "vpc-0123456789abcdef0"
    owner_id              = "222222222222"
    service_id            = "vpce-svc-0123456789abcdef0"
    ip_address_type       = "ipv4"
    dns_record_ip_type    = "ipv4"
    dns_name              = "vpce-0123456789abcdef0-abcd1234.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com"
    hosted_zone_id        = "Z7HUB22UULQXV"
    availability_zone_ids = ["use1-az1"]
    zonal_dns_names = {
      "use1-az1" = "vpce-0123456789abcdef0-abcd1234-us-east-1a.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com"
    }
    network_interfaces = {
      "use1-az1" = {
        id        = "eni-0123456789abcdef0"
        subnet_id = "subnet-0fedcba9876543210"
        ipv4      = "10.20.1.10"
        ipv6      = null
      }
    }
    security_group_id = "sg-0123456789abcdef0"
    zone_ids          = {}
    egress            = "all"
  }
}

mock_resource "privatelink_connection" {
  defaults = {
    id              = "vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0"
    region          = "us-east-1"
    connection_id   = "vpce-con-0123456789abcdef0"
    state           = "available"
    owner_id        = "222222222222"
    endpoint_region = "us-east-1"
  }
}

mock_resource "privatelink_endpoint_dns" {
  defaults = {
    id                                             = "vpce-0123456789abcdef0"
    region                                         = "us-east-1"
    vpc_id                                         = "vpc-0123456789abcdef0"
    private_dns_enabled                            = false
    private_dns_only_for_inbound_resolver_endpoint = false
  }
}

mock_data "privatelink_service" {
  defaults = {
    id                    = "vpce-svc-0123456789abcdef0"
    region                = "us-east-1"
    service_name          = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
    service_id            = "vpce-svc-0123456789abcdef0"
    service_region        = "us-east-1"
    owner                 = "111111111111"
    service_type          = "Interface"
    state                 = "Available"
    availability_zones    = ["us-east-1a"]
    availability_zone_ids = ["use1-az1"]
  }
}

mock_data "privatelink_connections" {
  defaults = {
    id     = "vpce-svc-0123456789abcdef0"
    region = "us-east-1"
  }
}

mock_data "privatelink_diagnosis" {
  defaults = {
    id        = "vpce-0123456789abcdef0"
    region    = "us-east-1"
    port      = 443
    protocol  = "tcp"
    reachable = true
    broken_at = null
    report    = "The connection works."
    mermaid   = "flowchart LR"
  }
}

mock_data "privatelink_metrics" {
  defaults = {
    id        = "vpce-0123456789abcdef0"
    region    = "us-east-1"
    namespace = "AWS/PrivateLinkEndpoints"
    statistic = "Sum"
    period    = 300
    start     = "1h"
    end       = "0s"
  }
}
