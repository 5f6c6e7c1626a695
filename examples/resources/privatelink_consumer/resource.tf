# Two subnets connected to a service of another account, which this configuration may also accept there.
resource "privatelink_consumer" "orders" {
  name         = "orders"
  service_name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
  subnet_ids   = ["subnet-0c1d2e3f405162738", "subnet-0d1e2f30415263748"]

  ingress {
    port              = 443
    security_group_id = "sg-0a1b2c3d4e5f60718"
  }

  accept {
    peer_account = "service"
  }

  private_dns_enabled = true
}
