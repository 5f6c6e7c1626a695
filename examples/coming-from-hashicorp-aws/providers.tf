terraform {
  required_providers {
    # Terraform asks it for the schemas of what moves. It can go with the moved and removed blocks, after the apply.
    aws = {
      source = "hashicorp/aws"
    }
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

provider "aws" {
  region  = var.region
  profile = "service"
}

provider "privatelink" {
  alias   = "service"
  region  = var.region
  profile = "service"
}

provider "privatelink" {
  alias   = "consumer"
  region  = var.region
  profile = "consumer"
}
