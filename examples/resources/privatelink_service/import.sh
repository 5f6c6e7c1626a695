# The whole chain is found from the endpoint service: load balancer, listeners, target groups, principals, private name.
terraform import privatelink_service.orders vpce-svc-0123456789abcdef0

# In another Region than the provider's.
terraform import privatelink_service.orders vpce-svc-0123456789abcdef0@eu-west-1
