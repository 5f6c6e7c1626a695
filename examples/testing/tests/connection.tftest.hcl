# terraform test runs this without AWS and without credentials: the results are those of tests/mocks.
mock_provider "privatelink" {
  source = "./tests/mocks"
}

variables {
  name                = "orders"
  service_subnet_ids  = ["subnet-0123456789abcdef0"]
  consumer_subnet_ids = ["subnet-0fedcba9876543210"]
  ports               = { https = 443, metrics = 9100 }
}

run "the_consumer_connects_to_the_service" {
  assert {
    condition     = privatelink_consumer.this.service_name == privatelink_service.this.service_name
    error_message = "The endpoint must be one of the service."
  }

  assert {
    condition     = endswith(output.dns_name, ".vpce.amazonaws.com")
    error_message = "The regional name must be AWS's."
  }
}

run "each_port_has_a_listener" {
  command = plan

  assert {
    condition     = toset([for one in privatelink_service.this.listener : one.port]) == toset([443, 9100])
    error_message = "There must be a listener for each port."
  }
}

run "a_name_is_checked_by_the_module" {
  command = plan

  variables {
    name = "a name with spaces"
  }

  expect_failures = [var.name]
}
