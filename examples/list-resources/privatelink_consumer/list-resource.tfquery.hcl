# Every interface endpoint of the Region, by identity alone: a page of calls, whatever their number.
list "privatelink_consumer" "all" {
  provider = privatelink
  limit    = 1000

  config {
    region = "eu-west-1"
  }
}

# Endpoints of one service that still wait to be accepted.
list "privatelink_consumer" "waiting" {
  provider = privatelink

  config {
    service_name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
    states       = ["pendingAcceptance"]
  }
}
