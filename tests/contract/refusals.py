#!/usr/bin/env python3
"""Proof of what configs the program refuses, because AWS would, and which it reads alike.

    refusals.py BINARY

Each case is one config or several in a tree of their own, and whether `validate-config` says an error, a warning or nothing about
them. The rules are those of the services' documentation; the pages are named beside them.

Each mistake is printed; the last line is `N passed, M failed`. Exit code 1 when any failed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from matrix import write_yaml
from ml_scenarios import Network, Scenario, config_of

NETWORK = Network("vpc-0a1b2c3d", "subnet-0a1b2c3d,subnet-0a1b2c3e", "rtb-0a1b2c3d")
ENTERPRISE = Scenario("enterprise", "codecommit", ("standalone", "direct"), None, True)
STARTER = Scenario("starter", "codecommit", None, None, False)


def ml(scenario=STARTER, use_case="churn", prefix="acme", region="us-west-2", account="123456789012", network=NETWORK, tags=None, **keys):
    client = {"company_prefix": prefix, "account_id": account, "tenant_id": "c001"}
    name, config = config_of(scenario, client, {"env": "dev", "region": region}, network, use_case)
    for key, value in keys.items():
        outer, _, inner = key.partition("__")
        if inner:
            config["ml_product"].setdefault(outer, {})[inner] = value
        else:
            config["ml_product"][outer] = value
    if tags:
        config["tags"] = tags
    return f"ml/configs/{name}", config


def s3(tenant="c001", region="us-west-2", account="123456789012", prefix="acme", **keys):
    client = {"company_name": "Acme", "company_prefix": prefix, "account_id": account, "tenant_id": tenant}
    config = {"client": client, "environment": {"env": "dev", "region": region}, "s3": {"versioning": False} | keys}
    return f"s3/configs/{prefix}-dev-{tenant}-{region}-s3", config


NOTHING, WARNING, ERROR = "nothing", "warning", "error"
FIRST, SECOND = ENTERPRISE._replace(rtb=False), Network("vpc-0a1b2c3e", "subnet-0a1b2c3f", "rtb-0a1b2c3e")
ALL = ["sagemaker.api", "sagemaker.runtime", "sts", "s3"]
# What it is about, the configs, and what is said about them.
CASES = [
    ("as it should be", [ml()], NOTHING),
    ("as it should be", [ml(ENTERPRISE)], NOTHING),
    ("as it should be", [s3(versioning=True)], NOTHING),
    # docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    *[("name of a bucket", [s3(bucket_name_override=name)], ERROR) for name in (
        "xn--lake", "sthree-lake", "amzn-s3-demo-lake", "lake-s3alias", "lake--ol-s3", "lake.mrap", "lake--x-s3", "lake--table-s3",
        "10.0.0.1", "la..ke", "lake-", "-lake", "Lake", "la", "l" * 64,
    )],
    *[("name of a bucket", [ml(STARTER._replace(tier="professional"), artifacts_bucket_name=name)], ERROR)
      for name in ("lake-s3alias", "lake--x-s3", "10.0.0.1")],
    # docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html: not `sg-` first
    ("name of no security group", [ml(prefix="sg")], NOTHING),
    # docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
    ("alias", [ml(ENTERPRISE, kms__alias="aws/ours")], ERROR),
    # docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: IAM knows keys without their case;
    # docs.aws.amazon.com/codebuild/latest/APIReference/API_Tag.html: 127 and 255 characters
    ("tags", [ml(tags={"team": "x", "Team": "y"})], ERROR),
    ("tags", [ml(tags={"environment": "x", "MANAGEDBY": "y"})], NOTHING),
    ("tags", [ml(tags={"k" * 127: "v" * 255})], NOTHING),
    ("tags", [ml(tags={"k" * 128: "v"})], ERROR),
    ("tags", [ml(tags={"k": "v" * 256})], ERROR),
    ("tags", [ml(tags={"aws:x": "v"})], ERROR),
    ("tags", [ml(tags={"AWS:x": "v"})], ERROR),
    # A partition is known, or the region is an error.
    *[("region", [s3(region=region)], ERROR) for region in ("xx-north-1", "us-isox-east-1", "cn-south-9", "eusc-fr-west-1")],
    # docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html: one route table has one route to a service
    ("a second S3 endpoint", [s3(vpc_id="vpc-0a1b2c3d", route_table_ids="rtb-0a1b2c3d", existing_endpoint=True)], ERROR),
    ("an existing endpoint", [s3(vpc_id="vpc-0a1b2c3d", existing_endpoint=True)], NOTHING),
    ("an endpoint without routes", [s3(vpc_id="vpc-0a1b2c3d")], WARNING),
    ("an endpoint without routes", [ml(FIRST)], WARNING),
    ("existing endpoints", [ml(FIRST, existing_endpoints=ALL)], NOTHING),
    ("existing endpoints", [ml(FIRST, existing_endpoints="s3, sts")], NOTHING),
    ("existing endpoints", [ml(FIRST, existing_endpoints=["ec2"])], ERROR),
    ("existing endpoints without a network", [ml(existing_endpoints=["sts"])], ERROR),
    ("no WORM", [s3(lifecycle_policy="compliance")], WARNING),
    ("no WORM", [s3(lifecycle_policy="compliance", versioning=True)], NOTHING),
    ("key of no source", [ml(source_kms_key_arn="arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555")], ERROR),
    *[("key of the source", [ml(STARTER._replace(source="s3"), source_kms_key_arn=key)], wanted) for key, wanted in [
        ("arn:aws:kms:us-west-2:999999999999:key/0a1b2c3d-0000-1111-2222-333344445555", NOTHING),
        ("arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555", ERROR),
        ("arn:aws-cn:kms:us-west-2:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555", ERROR),
        ("arn:aws:kms:us-west-2:12345678901:key/0a1b2c3d-0000-1111-2222-333344445555", ERROR),
    ]],
    # Names that AWS knows once: roles by account, buckets by partition, endpoints by network.
    ("roles of two accounts", [ml(), ml(region="eu-west-1", account="210987654321")], NOTHING),
    ("two partitions", [s3(bucket_name_override="the-lake"), s3("c002", region="cn-north-1", bucket_name_override="the-lake")], NOTHING),
    ("one network", [ml(FIRST, existing_endpoints=["s3"]), ml(FIRST, "fraud", existing_endpoints=ALL)], NOTHING),
    ("one network", [ml(FIRST, existing_endpoints=["s3"]), ml(FIRST, "fraud", existing_endpoints=["s3"], private_dns=False)], NOTHING),
    ("two networks", [ml(ENTERPRISE), ml(ENTERPRISE, "fraud", network=SECOND)], NOTHING),
    ("two route tables", [s3(vpc_id="vpc-0a1b2c3d", route_table_ids="rtb-0a1b2c3d"), s3("c002", vpc_id="vpc-0a1b2c3d", route_table_ids="rtb-0a1b2c3e")], NOTHING),
    ("name of a security group", [ml(ENTERPRISE, prefix="sg")], ERROR),
    ("roles of two regions", [ml(regional_role_names=True), ml(region="eu-west-1", regional_role_names=True)], NOTHING),
    ("roles of two regions", [ml(), ml(region="eu-west-1", regional_role_names=True)], NOTHING),
]
# Configs that are read alike: what differs is how a list is written.
ALIKE = [
    [ml(ENTERPRISE, vpc__subnet_ids=subnets, route_table_ids=tables) for subnets, tables in (
        ("subnet-0a1b2c3d,subnet-0a1b2c3e", "rtb-0a1b2c3d,rtb-0a1b2c3e"),
        ("subnet-0a1b2c3d , subnet-0a1b2c3e", "rtb-0a1b2c3d, rtb-0a1b2c3e"),
        (["subnet-0a1b2c3d", "subnet-0a1b2c3e"], ["rtb-0a1b2c3d", "rtb-0a1b2c3e"]),
        (["subnet-0a1b2c3d", "subnet-0a1b2c3e", "subnet-0a1b2c3d"], ["rtb-0a1b2c3d", "rtb-0a1b2c3e"]),
    )],
    [ml(FIRST, existing_endpoints=endpoints) for endpoints in ("sts,s3", ["sts", "s3"], "s3, sts")],
    [s3(vpc_id="vpc-0a1b2c3d", route_table_ids=tables) for tables in ("rtb-0a1b2c3d,rtb-0a1b2c3e", ["rtb-0a1b2c3d", "rtb-0a1b2c3e"])],
]


def written(folder, configs):
    paths = []
    for name, config in configs:
        path = Path(folder) / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(write_yaml(config)) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def said(binary, configs):
    """The worst severity, and the codes."""
    with tempfile.TemporaryDirectory() as folder:
        written(folder, configs)
        result = subprocess.run([binary, "validate-config", "--format", "json"], cwd=folder, capture_output=True, text=True)
        found = json.loads(result.stdout)["diagnostics"]
    severities = {diagnostic["severity"] for diagnostic in found}
    worst = next((severity for severity in (ERROR, WARNING) if severity in severities), NOTHING)
    if (worst == ERROR) != (result.returncode != 0):
        worst = f"{worst} with exit code {result.returncode}"
    return worst, found


def named(found, configs):
    """Whether an error about several configs names each of them."""
    text = " ".join(f"{d.get('path')} {d['message']} {d.get('help')}" for d in found if d["severity"] == ERROR)
    return all(Path(name).name in text for name, _ in configs)


def rendered(binary, config):
    """Template and policy."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = written(folder, [config])
        for action in ("create-prov-template", "create-policy"):
            subprocess.run([binary, action], cwd=folder, capture_output=True)
        return [file.read_text(encoding="utf-8") for kind in ("templates", "policies") for file in sorted((path.parent.parent / kind).glob(f"{path.name[:4]}*"))]


def main(binary):
    binary = str(Path(binary).resolve())
    passed = failed = 0
    for what, configs, wanted in CASES:
        worst, found = said(binary, configs)
        codes = sorted({d["code"] for d in found})
        # A key that the program does not know is no reason.
        right = worst == wanted and "unknown-key" not in codes and (wanted != ERROR or len(configs) == 1 or named(found, configs))
        passed, failed = passed + right, failed + (not right)
        if not right:
            print(f"{what}: {worst}, expected {wanted}: {codes} of {differing(configs)}")
    for configs in ALIKE:
        texts = [rendered(binary, config) for config in configs]
        right = all(text == texts[0] for text in texts) and len(texts[0]) == 2
        passed, failed = passed + right, failed + (not right)
        if not right:
            print(f"rendered in different ways: {differing(configs)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def differing(configs):
    return [config.get("ml_product") or config.get("s3") for _, config in configs]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
