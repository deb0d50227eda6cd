#!/usr/bin/env python3
"""Creates and deletes the stack of every scenario of the ML product, and of the examples of the S3 product, on an emulator of AWS.

    deploy.py BINARY EXAMPLES

BINARY is provisioner, EXAMPLES a folder of configs of the S3 product. The Python that runs this must have LocalStack 2026.3.0;
`make test-emulator` sees to that. The emulator listens on loopback and ends with this script.

What it proves: CloudFormation's engine takes the template, resolves every reference and every SSM input, and publishes the
parameters that the specification lists, and outputs of the same values. A deleted stack takes its parameters along, and leaves its
bucket.

What it does not: that AWS takes the properties, of which the emulator judges few. `matrix.py` lints all of them. Behind the types in
ACCEPTED the emulator makes nothing, and what refers to them gets the word `unknown`; this script fails if that ever changes. It
does make buckets and their policies, KMS keys and aliases, IAM roles, rules of EventBridge, log groups, alarms, SNS topics and their
policies, VPC endpoints, security groups, and SSM parameters.
"""

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

import s3_expected
from account import Account
from emulator import emulator
from ml_scenarios import config_of, published, scenarios

ACCOUNT = "123456789012"

# What the emulator takes without making anything.
ACCEPTED = {
    "AWS::CloudWatch::Dashboard", "AWS::CodeBuild::Project", "AWS::CodeCommit::Repository", "AWS::CodePipeline::Pipeline",
    "AWS::EC2::SecurityGroupIngress", "AWS::SageMaker::ModelPackageGroup",
}


class Case(NamedTuple):
    name: str
    template: str
    stack: str
    path: str  # of the SSM parameters
    published: set


def ml_cases(account, rendered):
    """Each scenario for a tenant of its own, since what a deleted stack retains is in the way of the next one of its name."""
    for number, scenario in enumerate(scenarios()):
        client = {"company_prefix": "acme", "account_id": ACCOUNT, "tenant_id": f"c{number:03}"}
        name, config = config_of(scenario, client, {"env": "prod", "region": account.region}, account.network)
        base = f"acme-prod-{client['tenant_id']}-{account.region}"
        account.put(f"/vpc/{base}-vpc/VPCId", account.network.vpc)
        account.put(f"/vpc/{base}-vpc/PrivateSubnetIds", account.network.subnets, "StringList")
        ml_name = "-".join(filter(None, [base, "churn", scenario.workload, "ml"]))
        _, template = rendered(name, config)
        wanted = published(scenario.tier, scenario.source, scenario.net)
        yield Case(f"{name} ({scenario.tier})", template, f"{ml_name}-stack", f"/ml/{ml_name}/", wanted)


def s3_cases(account, rendered, examples):
    """The examples, with a network that is there."""
    for example in sorted(examples.glob("*.yaml")):
        config = yaml.safe_load(example.read_text(encoding="utf-8"))
        if "vpc_id" in config["s3"]:
            config["s3"] |= {"vpc_id": account.network.vpc, "route_table_ids": account.network.route_tables}
        path, template = rendered(example.stem, config)
        start = f"/s3/{example.stem}/"
        wanted = {name.removeprefix(start) for name in s3_expected.Expected(path).parameters()}
        yield Case(example.stem, template, f"{example.stem}-stack", start, wanted)


def deploy(account, case):
    stack = account.create(case.stack, case.template)
    resources, unknown = account.resources(stack), account.unknown(stack)
    assert unknown == {kind for kind, _ in resources} & ACCEPTED, f"the emulator makes nothing of {sorted(unknown)}"
    parameters, outputs = account.parameters(case.path), account.outputs(stack)
    assert parameters.keys() == case.published, f"parameters {sorted(parameters.keys() ^ case.published)} are too many or missing"
    assert all(value.strip() for value in parameters.values()), f"some parameter is empty: {parameters}"
    # The prefix of a single solution is no output.
    expected = {name: value for name, value in parameters.items() if "/" not in name}
    assert outputs == expected, f"outputs and parameters differ: {sorted(outputs.items() ^ expected.items())}"
    account.delete(stack)
    left = account.parameters(case.path)
    assert not left, f"parameters {sorted(left)} stay"
    for kind, bucket in resources:
        if kind == "AWS::S3::Bucket":
            account.s3.head_bucket(Bucket=bucket)  # Fails if the bucket went with the stack.


def render(binary, folder, name, config):
    """The config's file, and what becomes of it."""
    path = folder / name / "configs" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML.
    subprocess.run([binary, "create-prov-template", "--no-log", path.parent], check=True, stdout=subprocess.DEVNULL)
    [template] = path.parent.parent.glob("templates/*.yaml")
    return path, template.read_text(encoding="utf-8")


def main(binary, examples):
    failed = 0
    with tempfile.TemporaryDirectory() as folder, emulator() as client:
        rendered = functools.partial(render, binary, Path(folder))
        ml, s3 = Account(client, ACCOUNT, "us-west-2"), Account(client, ACCOUNT, "us-west-1")
        cases = [(ml, case) for case in ml_cases(ml, rendered)] + [(s3, case) for case in s3_cases(s3, rendered, Path(examples))]
        for account, case in cases:
            try:
                deploy(account, case)
            except Exception as error:  # A stack that could not be made has failed; the next one is tried.
                failed += 1
                print(f"{case.name}: {type(error).__name__}: {error}")
    print(f"{len(cases) - failed} stacks made and deleted, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
