# An endpoint that hashicorp/aws made.
moved {
  from = aws_vpc_endpoint.orders
  to   = privatelink_consumer.orders
}
