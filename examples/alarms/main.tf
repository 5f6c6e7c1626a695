# Alarms over both sides of a connection. Dimensions come from the resources: a set that is not exactly one of AWS's leaves an
# alarm without data for ever, and AWS does not say why.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "service_subnet_ids" {
  type = set(string)
}

variable "instance_ids" {
  type = set(string)
}

variable "consumer_account_id" {
  type = string
}

variable "consumer_subnet_ids" {
  type = set(string)
}

# Who is told, such as topics of SNS.
variable "alarm_actions" {
  type    = list(string)
  default = []
}

resource "privatelink_service" "orders" {
  name                = "orders-api"
  subnet_ids          = var.service_subnet_ids
  acceptance_required = false
  allowed_principals  = [var.consumer_account_id]

  listener {
    name       = "https"
    port       = 443
    target_ids = var.instance_ids
  }
}

resource "privatelink_consumer" "orders" {
  service_name = privatelink_service.orders.service_name
  subnet_ids   = var.consumer_subnet_ids
}

# The owner of the service: a target behind the listener does not answer.
resource "aws_cloudwatch_metric_alarm" "unhealthy_targets" {
  alarm_name          = "orders-unhealthy-targets"
  namespace           = "AWS/NetworkELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = privatelink_service.orders.metric_dimensions["AWS/NetworkELB/https"]
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  alarm_actions       = var.alarm_actions
}

# The owner of the service: connections are reset.
resource "aws_cloudwatch_metric_alarm" "resets" {
  alarm_name          = "orders-resets"
  namespace           = "AWS/PrivateLinkServices"
  metric_name         = "RstPacketsSent"
  dimensions          = privatelink_service.orders.metric_dimensions["AWS/PrivateLinkServices"]
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

# The consumer: packets are dropped, of the whole endpoint and of each subnet.
resource "aws_cloudwatch_metric_alarm" "drops" {
  for_each = toset(concat(
    ["AWS/PrivateLinkEndpoints"],
    [for subnet_id in var.consumer_subnet_ids : "AWS/PrivateLinkEndpoints/${subnet_id}"],
  ))

  alarm_name          = "orders-drops-${replace(each.key, "/", "-")}"
  namespace           = "AWS/PrivateLinkEndpoints"
  metric_name         = "PacketsDropped"
  dimensions          = privatelink_consumer.orders.metric_dimensions[each.key]
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}
