# Both sides of a private connection, in two AWS accounts, in one configuration.
#
# Each side has its own provider configuration and its own credentials: here two profiles of ~/.aws/config, named
# "service" and "consumer". In real life the two sides often live in two configurations; examples/service and
# examples/consumer show that.

terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# The account that offers the service.
provider "privatelink" {
  alias   = "service"
  region  = var.region
  profile = "service"

  # Refuses to work with the wrong credentials.
  allowed_account_ids = [var.provider_account_id]
}

# The account that uses it.
provider "privatelink" {
  alias   = "consumer"
  region  = var.region
  profile = "consumer"

  allowed_account_ids = [var.consumer_account_id]

  # Credentials of the other side. The consumer uses them for one thing only: to accept its own connection request.
  peer_account {
    name    = "service"
    profile = "service"
  }
}
