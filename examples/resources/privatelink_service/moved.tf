# An endpoint service that hashicorp/aws made. Its load balancer, listeners and so on leave the state with removed blocks.
moved {
  from = aws_vpc_endpoint_service.orders
  to   = privatelink_service.orders
}
