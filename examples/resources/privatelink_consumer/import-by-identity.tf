import {
  to = privatelink_consumer.orders
  identity = {
    id         = "vpce-0123456789abcdef0"
    region     = "eu-west-1"
    account_id = "111111111111"
  }
}
