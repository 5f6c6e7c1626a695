terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

# Credentials and Region come from where the AWS CLI takes them.
provider "privatelink" {}
