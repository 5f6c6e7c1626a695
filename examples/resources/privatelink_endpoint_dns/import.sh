# The names of an endpoint, by the endpoint's id.
terraform import privatelink_endpoint_dns.database vpce-0123456789abcdef0

# An endpoint in another Region than the provider's.
terraform import privatelink_endpoint_dns.database vpce-0123456789abcdef0@eu-west-1
