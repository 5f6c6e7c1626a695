# An endpoint that was accepted by hand.
terraform import privatelink_connection.shop vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0

# A service in another Region than the provider's.
terraform import privatelink_connection.shop vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0@eu-west-1

# A service of the account behind peer_account "service", in the provider's Region and in another one.
terraform import privatelink_connection.shop vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0@service
terraform import privatelink_connection.shop vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0@eu-west-1@service
