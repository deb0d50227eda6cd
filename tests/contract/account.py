"""One account and region of an emulated AWS: a network as a real one has, parameters, and stacks."""

import re
import time

from ml_scenarios import Network


class Account:
    def __init__(self, client, account, region):
        self.region = region
        self.cloudformation, self.s3, self.ssm = (client(service, account, region) for service in ("cloudformation", "s3", "ssm"))
        ec2 = client("ec2", account, region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="endpoints", Description="endpoints")["GroupId"]
        self.network = Network(vpc, ",".join(subnets), table)
        self.put(self.network.security_group_path, group)

    def put(self, name, value, kind="String"):
        self.ssm.put_parameter(Name=name, Value=value, Type=kind)

    def parameters(self, path):
        """Those below the path, which ends with a slash, by the rest of their names."""
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        return {found["Name"].removeprefix(path): found["Value"] for page in pages for found in page["Parameters"]}

    def create(self, name, template):
        """Gives the stack's id, by which it can be looked at when it is gone."""
        capabilities = ["CAPABILITY_NAMED_IAM"]
        stack = self.cloudformation.create_stack(StackName=name, TemplateBody=template, Capabilities=capabilities)["StackId"]
        self.settle(stack, "CREATE_COMPLETE")
        return stack

    def delete(self, stack):
        self.cloudformation.delete_stack(StackName=stack)
        self.settle(stack, "DELETE_COMPLETE")

    def settle(self, stack, wanted):
        """Waits until nothing happens to the stack any more."""
        end = time.monotonic() + 60
        while (status := self.described(stack)["StackStatus"]).endswith("_IN_PROGRESS") and time.monotonic() < end:
            time.sleep(0.1)
        assert status == wanted, f"{status}, not {wanted}: {'; '.join(self.reasons(stack))}"

    def described(self, stack):
        return self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]

    def outputs(self, stack):
        return {output["OutputKey"]: output["OutputValue"] for output in self.described(stack).get("Outputs", [])}

    def resources(self, stack):
        """Type and physical id of each."""
        found = self.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        return [(resource["ResourceType"], resource["PhysicalResourceId"]) for resource in found]

    def reasons(self, stack):
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [(event["LogicalResourceId"], event.get("ResourceStatusReason")) for page in pages for event in page["StackEvents"]]
        return [f"{resource}: {reason}" for resource, reason in events if reason]

    def unknown(self, stack):
        """The types behind which the emulator made nothing, as it says."""
        return set(re.findall(r"Resource type (\S+) is not supported", "\n".join(self.reasons(stack))))
