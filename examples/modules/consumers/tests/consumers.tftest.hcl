# terraform test runs this without AWS: what the provider would return is in the mocks.
mock_provider "privatelink" {
  source = "../../testing/tests/mocks"
}

variables {
  subnet_ids = ["subnet-0fedcba9876543210"]
}

run "nothing_is_asked_for" {
  assert {
    condition     = length(output.connections) == 0
    error_message = "An empty map makes nothing."
  }
}

run "two_connections" {
  variables {
    connections = {
      queue = { service_name = "com.amazonaws.us-east-1.sqs", private_dns_enabled = true }

      orders = {
        service_name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
        ingress      = [{ port = 443, cidr_ipv4 = "10.20.0.0/16" }]

        zones = {
          "orders.internal"  = {}
          "partner.internal" = { zone_id = "Z0123456789ABCDEFGHIJ", records = ["orders"] }
        }
      }
    }
  }

  assert {
    condition     = endswith(output.dns_names["orders"], ".vpce.amazonaws.com")
    error_message = "The regional name must be AWS's."
  }

  assert {
    condition     = length(output.connections["orders"].dns) == 2 && length(output.connections["queue"].dns) == 0
    error_message = "There must be a block for each zone."
  }
}
