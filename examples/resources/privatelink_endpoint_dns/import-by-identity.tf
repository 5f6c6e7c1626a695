import {
  to = privatelink_endpoint_dns.database
  identity = {
    id         = "vpce-0123456789abcdef0"
    region     = "eu-west-1"
    account_id = "111111111111"
  }
}
