terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Everything is optional: without arguments, Region and credentials come from where the AWS CLI takes them.
provider "privatelink" {
  region = "us-east-1"

  default_tags {
    tags = {
      ManagedBy = "terraform"
    }
  }

  # A second set of credentials for the other side of a connection. Resources name it.
  peer_account {
    name = "service"

    assume_role {
      role_arn = "arn:aws:iam::111111111111:role/privatelink-acceptor"
    }
  }
}
