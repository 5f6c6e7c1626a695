# The whole chain is found from the endpoint: security group and rules, private DNS, records.
terraform import privatelink_consumer.orders vpce-0123456789abcdef0

# In another Region than the provider's.
terraform import privatelink_consumer.orders vpce-0123456789abcdef0@eu-west-1
