# terraform test runs this without AWS: what the provider would return is in the mocks.
mock_provider "privatelink" {
  source = "../../testing/tests/mocks"
}

variables {
  name       = "orders"
  subnet_ids = ["subnet-0123456789abcdef0"]

  listeners = {
    https = { port = 443, target_type = "ip", health_check_path = "/ready" }
  }
}

run "what_is_left_out_is_the_default" {
  assert {
    condition     = length(privatelink_service.this.accept) == 0 && length(privatelink_service.this.private_dns) == 0
    error_message = "No rule and no name was asked for."
  }

  assert {
    condition     = startswith(output.service.service_name, "com.amazonaws.vpce.")
    error_message = "The whole resource is an output."
  }
}

run "everything_at_once" {
  command = plan

  variables {
    allowed_principals      = ["222222222222"]
    accept_account_ids      = ["222222222222"]
    supported_regions       = ["eu-west-1"]
    notification_topic_arns = ["arn:aws:sns:us-east-1:111111111111:connections"]
    private_dns             = { name = "orders.example.dev" }

    listeners = {
      https = { port = 443, target_ids = ["10.0.1.5"] }
      smtp  = { port = 25, target_type = "instance", target_port = 2525 }
    }
  }

  assert {
    condition     = toset([for one in privatelink_service.this.listener : one.name]) == toset(["https", "smtp"])
    error_message = "There must be a listener for each entry."
  }

  assert {
    condition     = privatelink_service.this.private_dns[0].name == "orders.example.dev"
    error_message = "The private name must be passed on."
  }
}
