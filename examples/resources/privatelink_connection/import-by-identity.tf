import {
  to = privatelink_connection.shop
  identity = {
    id         = "vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0"
    region     = "eu-west-1"
    account_id = "111111111111"
  }
}
