"""Every scenario of the ML product, a config for each, and what the specification says it publishes."""

import itertools
from typing import NamedTuple


class Scenario(NamedTuple):
    tier: str
    source: str
    net: tuple[str, str] | None  # vpc_mode and vpc_source
    workload: str | None
    rtb: bool


def scenarios():
    """Route tables need a network, and a network is what enterprise has."""
    networks = [None, *itertools.product(["standalone", "sgprov"], ["ssm", "direct"])]
    for source, net, workload, rtb in itertools.product(["codecommit", "s3"], networks, [None, "batch"], [False, True]):
        for tier in ["enterprise"] if net else ["starter", "professional"]:
            if net or not rtb:
                yield Scenario(tier, source, net, workload, rtb)


class Network(NamedTuple):
    """What a config names: ids, and route tables and subnets as the comma-separated strings that the config has."""

    vpc: str
    subnets: str
    route_tables: str
    security_group_path: str = "/sg/ml-endpoints/private/SecurityGroupId"


def config_of(scenario, client, environment, network, use_case="churn"):
    """The file's name without `.yaml`, and a config with no key that it could do without."""
    tier, source, net, workload, rtb = scenario
    ml = {"use_case": use_case, "source_control": source}
    # Enterprise follows from the network, and starter from nothing being said.
    if tier == "professional":
        ml["tier"] = tier
    if workload:
        ml["workload"] = workload
    if source == "s3":
        ml["s3_prefix"] = "acme-source/churn"
    if net:
        ml["vpc_mode"], ml["vpc_source"] = net
        vpc = {}
        if ml["vpc_source"] == "direct":
            vpc |= {"vpc_id": network.vpc, "subnet_ids": network.subnets}
        if ml["vpc_mode"] == "sgprov":
            vpc["security_group_id_path"] = network.security_group_path
        if vpc:
            ml["vpc"] = vpc
    if rtb:
        ml["route_table_ids"] = network.route_tables
    start = [client["company_prefix"], environment["env"], client["tenant_id"], environment["region"], use_case, "ml", source]
    words = ["workload"] * bool(workload) + ["rtb"] * rtb
    return "-".join([*start, *(net or ()), *words]), {"client": client, "environment": environment, "ml_product": ml}


def published(tier, source, net):
    """The last parts of the names of the SSM parameters."""
    names = {"ModelPackageGroupArn"} | ({"RepositoryUrl"} if source == "codecommit" else set())
    if tier != "starter":
        names |= {"BucketName", "DashboardName"}
    if tier == "enterprise":
        names |= {"KmsKeyArn", "LogGroupName"}
        names |= {f"VpcEndpointId{service}" for service in ("SagemakerApi", "SagemakerRuntime", "S3", "Sts")}
    if net and net[0] == "standalone":
        names.add("SecurityGroupId")
    return names
