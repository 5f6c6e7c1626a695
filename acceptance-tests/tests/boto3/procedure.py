"""The PrivateLink procedure by hand, with boto3: provider's side, consumer's side, names, and back to nothing.

Usage: procedure.py <endpoint url>. Ends with an error when an answer cannot be read or a step never comes to its end. While the whole
chain stands it prints a line with what was made, and goes on when it reads one.
"""

import datetime
import json
import sys
import time
import urllib.request

import boto3
import botocore.exceptions
from botocore.config import Config

URL = sys.argv[1]
PATIENCE = 240


def client(service, account):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="simulated",
        config=Config(retries={"max_attempts": 6, "mode": "standard"}),
    )


PROVIDER, CONSUMER = "111111111111", "222222222222"
elb, sns = client("elbv2", PROVIDER), client("sns", PROVIDER)
watch = client("cloudwatch", CONSUMER)
provider, consumer = client("ec2", PROVIDER), client("ec2", CONSUMER)
dns, public_dns = client("route53", CONSUMER), client("route53", PROVIDER)


def until(step, holds=lambda answer: True):
    """Repeats a step until its answer holds. AWS's refusals pass with time; anything else is ours to fix."""
    start = time.monotonic()
    while True:
        said = None
        try:
            answer = step()
            if holds(answer):
                return answer
        except botocore.exceptions.ClientError as error:
            said = error
            if error.response["Error"]["Code"] == "NotSimulated":
                raise
        if time.monotonic() - start > PATIENCE:
            raise SystemExit(f"never came to it: {said or answer}")
        time.sleep(0.2)


def refused(code, step):
    try:
        answer = step()
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return
    raise SystemExit(f"was to be refused with {code}: {answer}")


def pages(api, operation, key, **arguments):
    return [item for page in api.get_paginator(operation).paginate(**arguments) for item in page[key]]


def network(ec2, block):
    vpc = until(lambda: ec2.create_vpc(CidrBlock=f"{block}.0.0/16"))["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        until(lambda: ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}}))
    subnets = []
    for number, zone in enumerate(("use1-az1", "use1-az2")):
        cidr = f"{block}.{number + 1}.0/24"
        made = until(lambda: ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZoneId=zone))
        subnets.append(made["Subnet"]["SubnetId"])
    until(lambda: ec2.describe_subnets(SubnetIds=subnets))
    return vpc, subnets


# Provider: a load balancer with a healthy instance behind it.
vpc, subnets = network(provider, "10.1")
run = until(lambda: provider.run_instances(ImageId="ami-0", MinCount=1, MaxCount=1, SubnetId=subnets[0]))
instance = run["Instances"][0]["InstanceId"]
balancer = until(
    lambda: elb.create_load_balancer(Name="by-hand", Type="network", Scheme="internal", Subnets=subnets)
)["LoadBalancers"][0]["LoadBalancerArn"]
group = until(lambda: elb.create_target_group(Name="by-hand", Protocol="TCP", Port=443, VpcId=vpc))
group = group["TargetGroups"][0]["TargetGroupArn"]
until(lambda: elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}]))
forward = [{"Type": "forward", "TargetGroupArn": group}]
listener = until(
    lambda: elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=443, DefaultActions=forward)
)["Listeners"][0]["ListenerArn"]
until(
    lambda: elb.describe_load_balancers(LoadBalancerArns=[balancer]),
    lambda read: read["LoadBalancers"][0]["State"]["Code"] == "active",
)
until(lambda: elb.add_tags(ResourceArns=[balancer, group], Tags=[{"Key": "team", "Value": "ä & b"}]))
assert pages(elb, "describe_target_groups", "TargetGroups")

# The service, its private name, who may connect, and who is told.
service = until(
    lambda: provider.create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[balancer], AcceptanceRequired=True, PrivateDnsName="orders.example.dev", ClientToken="one"
    )
)["ServiceConfiguration"]
service_id, service_name = service["ServiceId"], service["ServiceName"]
until(
    lambda: provider.modify_vpc_endpoint_service_permissions(
        ServiceId=service_id, AddAllowedPrincipals=[f"arn:aws:iam::{CONSUMER}:root"]
    )
)
topic = until(lambda: sns.create_topic(Name="connections"))["TopicArn"]
notify = lambda: provider.create_vpc_endpoint_connection_notification(
    ServiceId=service_id, ConnectionNotificationArn=topic, ConnectionEvents=["Accept", "Reject"]
)
refused("InvalidConnectionNotification", notify)
policy = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "vpce.amazonaws.com"}, '
    '"Action": "SNS:Publish", "Resource": "%s"}]}' % topic
)
sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
assert "vpce.amazonaws.com" in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
notification = until(notify)["ConnectionNotification"]["ConnectionNotificationId"]
assert topic in [found["TopicArn"] for found in pages(sns, "list_topics", "Topics")]

# The proof of the name, in the public DNS.
read = until(
    lambda: provider.describe_vpc_endpoint_service_configurations(ServiceIds=[service_id]),
    lambda read: read["ServiceConfigurations"][0].get("PrivateDnsNameConfiguration", {}).get("Value"),
)["ServiceConfigurations"][0]["PrivateDnsNameConfiguration"]
public = until(lambda: public_dns.create_hosted_zone(Name="example.dev", CallerReference="public"))["HostedZone"]["Id"]
proof = {
    "Name": f"{read['Name']}.orders.example.dev",
    "Type": "TXT",
    "TTL": 60,
    "ResourceRecords": [{"Value": f'"{read["Value"]}"'}],
}


def change(api, zone, action, record):
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    made = until(lambda: api.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch))["ChangeInfo"]
    until(lambda: api.get_change(Id=made["Id"]), lambda read: read["ChangeInfo"]["Status"] == "INSYNC")


change(public_dns, public, "CREATE", proof)
until(lambda: provider.start_vpc_endpoint_service_private_dns_verification(ServiceId=service_id))
until(
    lambda: provider.describe_vpc_endpoint_service_configurations(ServiceIds=[service_id]),
    lambda read: read["ServiceConfigurations"][0]["PrivateDnsNameConfiguration"]["State"] == "verified",
)

# Consumer: an endpoint behind a group of its own; the provider accepts.
own_vpc, own_subnets = network(consumer, "10.2")
guard = until(lambda: consumer.create_security_group(GroupName="by-hand", Description="by hand", VpcId=own_vpc))
guard = guard["GroupId"]
https = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.2.0.0/16"}]}]
until(lambda: consumer.authorize_security_group_ingress(GroupId=guard, IpPermissions=https))
found = until(lambda: consumer.describe_vpc_endpoint_services(ServiceNames=[service_name]))["ServiceDetails"][0]
assert found["Owner"] == PROVIDER and found["AcceptanceRequired"], found
endpoint = until(
    lambda: consumer.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=own_vpc,
        ServiceName=service_name,
        SubnetIds=own_subnets,
        SecurityGroupIds=[guard],
        PrivateDnsEnabled=False,
        ClientToken="two",
    )
)["VpcEndpoint"]["VpcEndpointId"]
waiting = [{"Name": "service-id", "Values": [service_id]}, {"Name": "vpc-endpoint-state", "Values": ["pendingAcceptance"]}]
until(lambda: pages(provider, "describe_vpc_endpoint_connections", "VpcEndpointConnections", Filters=waiting), len)
until(
    lambda: provider.accept_vpc_endpoint_connections(ServiceId=service_id, VpcEndpointIds=[endpoint]),
    lambda answer: not answer["Unsuccessful"],
)


def available():
    return until(
        lambda: consumer.describe_vpc_endpoints(VpcEndpointIds=[endpoint]),
        lambda read: read["VpcEndpoints"][0]["State"] == "available" and len(read["VpcEndpoints"][0]["DnsEntries"]) > 2,
    )["VpcEndpoints"][0]


entry = available()["DnsEntries"][0]
until(lambda: consumer.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True))
assert available()["PrivateDnsEnabled"]
interfaces = pages(consumer, "describe_network_interfaces", "NetworkInterfaces")
assert all(interface["Status"] == "in-use" for interface in interfaces), interfaces

# A name of the consumer's own.
zone = until(
    lambda: dns.create_hosted_zone(
        Name="services.internal", CallerReference="own", VPC={"VPCRegion": "us-east-1", "VPCId": own_vpc}
    )
)["HostedZone"]["Id"]
alias = {
    "Name": "orders.services.internal",
    "Type": "A",
    "AliasTarget": {
        "HostedZoneId": entry["HostedZoneId"],
        "DNSName": entry["DnsName"],
        "EvaluateTargetHealth": False,
    },
}
change(dns, zone, "CREATE", alias)
assert len(pages(dns, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)) == 3

# What goes through, some minutes later; a part of the dimensions has no data.
def sent():
    question = {"account": CONSUMER, "vpc_id": own_vpc, "name": "orders.services.internal", "port": 443, "bytes": 4096}
    question |= {"ip": "10.2.1.9", "subnet_id": own_subnets[0]}
    with urllib.request.urlopen(f"{URL}/_simulator/send", json.dumps(question).encode()) as answer:
        return json.load(answer)


def data(**dimensions):
    named = [{"Name": name.replace("_", " "), "Value": value} for name, value in dimensions.items()]
    metric = {"Namespace": "AWS/PrivateLinkEndpoints", "MetricName": "BytesProcessed", "Dimensions": named}
    query = {"Id": "bytes", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    now = consumer.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]["date"]
    now = datetime.datetime.strptime(now, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=datetime.timezone.utc)
    hours = datetime.timedelta(hours=2)
    read = pages(watch, "get_metric_data", "MetricDataResults", MetricDataQueries=[query], StartTime=now - hours, EndTime=now)
    assert all(isinstance(time, datetime.datetime) for page in read for time in page["Timestamps"]), read
    return sum(value for page in read for value in page["Values"])


whole = {"Endpoint_Type": "Interface", "Service_Name": service_name, "VPC_Endpoint_Id": endpoint, "VPC_Id": own_vpc}
assert data(**whole) == 0
until(sent, lambda answer: answer["reached"])
until(lambda: data(**whole), lambda bytes: bytes >= 4096)
assert data(VPC_Endpoint_Id=endpoint) == 0
question = {"MetricDataQueries": [{"Id": "Bytes", "Expression": "1"}], "StartTime": 0, "EndTime": 60}
refused("ValidationError", lambda: watch.get_metric_data(**question))

# It stands: whoever has started this looks at it.
print(json.dumps({"service": service_id, "endpoint": endpoint, "zone": zone.removeprefix("/hostedzone/"), "topic": topic}), flush=True)
sys.stdin.readline()

# What AWS refuses.
refused("ResourceInUse", lambda: elb.delete_load_balancer(LoadBalancerArn=balancer))
refused("DependencyViolation", lambda: consumer.delete_security_group(GroupId=guard))
refused("HostedZoneNotEmpty", lambda: dns.delete_hosted_zone(Id=zone))
refused("InvalidVpcEndpointId.NotFound", lambda: consumer.describe_vpc_endpoints(VpcEndpointIds=["vpce-00000000000000000"]))
kept = provider.delete_vpc_endpoint_service_configurations(ServiceIds=[service_id])["Unsuccessful"]
assert kept[0]["Error"]["Code"] == "ExistingVpcEndpointConnections", kept

# Back to nothing, in the right order.
change(dns, zone, "DELETE", alias)
until(lambda: dns.delete_hosted_zone(Id=zone))
done = lambda answer: not answer["Unsuccessful"]
until(lambda: consumer.delete_vpc_endpoints(VpcEndpointIds=[endpoint]), done)
until(lambda: consumer.delete_security_group(GroupId=guard))
until(lambda: provider.delete_vpc_endpoint_connection_notifications(ConnectionNotificationIds=[notification]), done)
until(lambda: provider.delete_vpc_endpoint_service_configurations(ServiceIds=[service_id]), done)
change(public_dns, public, "DELETE", proof)
until(lambda: public_dns.delete_hosted_zone(Id=public))
until(lambda: elb.delete_listener(ListenerArn=listener))
until(lambda: elb.delete_load_balancer(LoadBalancerArn=balancer))
until(lambda: elb.delete_target_group(TargetGroupArn=group))
sns.delete_topic(TopicArn=topic)
for ec2, ids in ((consumer, own_subnets), (provider, [])):
    for subnet in ids:
        until(lambda: ec2.delete_subnet(SubnetId=subnet))
left = lambda: pages(provider, "describe_network_interfaces", "NetworkInterfaces")
until(left, lambda found: all(interface["InterfaceType"] == "interface" for interface in found))
print("the whole procedure is done")
