"""Prints what botocore's newest models say about the calls that the simulator has: operations, filters, enum values, Regions."""

import json
import re
import sys

import botocore
import botocore.session

session = botocore.session.get_session()
loader = session.get_component("data_loader")
model = loader.load_service_model("ec2", "service-2")
shapes = model["shapes"]
filters, enums = {}, {}
for name, operation in model["operations"].items():
    if "input" not in operation:
        continue
    members = shapes[operation["input"]["shape"]].get("members", {})
    for member, target in members.items():
        if member == "Filters":
            named = re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", target.get("documentation", ""))
            filters[name] = [one for one in named if not one.startswith("tag")]
        elif "enum" in shapes[target["shape"]]:
            enums.setdefault(name, {})[target.get("queryName", member)] = shapes[target["shape"]]["enum"]
regions = [
    region
    for partition in loader.load_data("endpoints")["partitions"]
    if partition["partition"] == "aws"
    for region in partition["regions"]
]
operations = {
    service: sorted(loader.load_service_model(service, "service-2")["operations"]) for service in ("ec2", "elbv2", "route53")
}
json.dump(
    {
        "version": botocore.__version__,
        "filters": filters,
        "enums": enums,
        "regions": regions,
        "operations": operations,
    },
    sys.stdout,
)
