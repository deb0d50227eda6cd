"""A matrix of configs of the ML product: every scenario in its shortest form and with every key set, some with the longest names."""

from config_values import ACCOUNTS, COMPANIES, tags
from ml_scenarios import Network, config_of, scenarios
from partitions import partition_of

# Of each partition that the program accepts. Not every region has all the services; some of these have no model package groups.
REGIONS = [
    "us-west-2", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "sa-east-1", "us-isob-east-1", "eusc-de-east-1",
    "eu-isoe-west-1", "us-isof-south-1", "cn-northwest-1",
]
EXISTING = [["sts"], "sagemaker.api, sagemaker.runtime", ["s3"], "sagemaker.api,sagemaker.runtime,sts,s3", []]
DATA = [
    [{"name": "raw", "bucket": "the.data.lake", "prefix": "solutions/a/data"}, {"name": "labels", "bucket": "labels-0001"}],
    [{"name": "lake", "config": "acme-prod-c001-REGION-s3", "prefix": "solutions/master-solution/data/curated"}],
    [],
]
ENVIRONMENTS = ["prod", "staging", "dev", "test"]
RETENTIONS = [1, 365, 3653]


def network(number):
    """Ids in both lengths, one of each or several with blanks between. No two configs share a network, nor is one in the other product's."""
    start = 0xA00000 + number * 16
    if number % 2:
        return Network(*(f"{kind}-{start:08x}" for kind in ("vpc", "subnet", "rtb")))
    subnets, tables = ([f"{kind}-{start + n:017x}" for n in range(many)] for kind, many in (("subnet", 3), ("rtb", 2)))
    return Network(f"vpc-{start:017x}", ", ".join(subnets), " ,".join(tables), "/sg/a/b-c/SecurityGroupId")


SHORT = "acme"


def short(scenario, number):
    return config_of(scenario, *whose(number, SHORT), network(number))


def is_linted(name):
    """A shorter template says nothing that the full one of its scenario does not say, and cfn-lint takes a second for each."""
    return not name.startswith(f"{SHORT}-") or name.split("-")[2].endswith("0")


def full(scenario, number):
    client, environment = whose(number, "x9--y")
    client["company_name"] = COMPANIES[number % len(COMPANIES)]
    name, config = config_of(scenario, client, environment, network(number), "a-b--c")
    ml = config["ml_product"]
    ml["tier"] = scenario.tier
    if scenario.source == "s3":
        ml["s3_prefix"] = ["my.source.bucket", "source-bucket/a/b.c/d=e"][number % 2]
    if scenario.tier != "starter":
        ml["alerts_email"] = "a.b+c%d@mail-x.example.co"
        ml["artifacts_bucket_name"] = f"artifacts.{number:04}"
    if number % 3:
        ml["permissions_boundary"] = "team-boundary"
    if scenario.source == "s3" and number % 2:
        ml["source_kms_key_arn"] = key_of(client, environment)
    if data := DATA[number % len(DATA)]:
        ml["data"] = [{key: value.replace("REGION", environment["region"]) for key, value in entry.items()} for entry in data]
    if scenario.tier == "enterprise":
        # Route tables are for an endpoint of the stack, and so is the choice of private DNS.
        there = EXISTING[number % len(EXISTING)]
        ml["existing_endpoints"] = "sts" if scenario.rtb and "s3" in there else there
        has_own = "sagemaker.api" not in there or "sts" not in there
        ml["private_dns"] = number % 3 != 1 or not has_own
        if ml["private_dns"] and has_own and scenario.net[0] == "standalone" and number % 2:
            ml.setdefault("vpc", {})["cidr_blocks"] = ["10.20.0.0/16", "100.64.0.0/16"]
        for holder, key in ((ml.get("vpc", {}), "subnet_ids"), (ml, "route_table_ids")):
            if number % 2 and key in holder:
                holder[key] = [part.strip() for part in holder[key].split(",")]
        ml["log_retention_days"] = RETENTIONS[number % len(RETENTIONS)]
        ml["kms"] = {"alias": f"Team_A/{number}", "rotation": number % 2 == 0, "deletion_window_days": 7}
    if ml.get("vpc_source") == "ssm":
        ml.setdefault("vpc", {})
        ml["vpc"] |= {"vpc_id_path": f"/network/{number}/VPCId", "subnet_ids_path": f"/network/{number}/subnets"}
    config["tags"] = tags(40 if number % 5 == 0 else 3)
    if number % 7 == 0 and len(config["tags"]) < 40:
        config["tags"]["environment"] = "theirs"
    return name, config


def key_of(client, environment):
    return f"arn:{partition_of(environment['region'])}:kms:{environment['region']}:{client['account_id']}:key/0a1b2c3d-0000-1111-2222-333344445555"


def long(scenario, number):
    """As long as names may be: 64 characters for the longest role, 63 for the bucket."""
    client, environment = whose(number, "a")
    longest_role, longest_bucket = "-sagemaker-execution-role", "-artifacts"
    start = "-".join([client["company_prefix"], environment["env"], client["tenant_id"], ""])
    end = f"-{scenario.workload}" if scenario.workload else ""
    for_role = 64 - len(start + end + longest_role)
    for_bucket = 63 - len(start + environment["region"] + "-" + end + longest_bucket)
    use_case = "use-case".ljust(min(for_role, for_bucket), "z")
    return config_of(scenario, client, environment, network(number), use_case)


def whose(number, prefix):
    client = {"company_prefix": prefix, "account_id": ACCOUNTS[number % len(ACCOUNTS)], "tenant_id": f"{number:04}"}
    return client, {"env": ENVIRONMENTS[number % len(ENVIRONMENTS)], "region": REGIONS[number % len(REGIONS)]}


def configs():
    """Each with a tenant of its own, since no two configs may be of one stack."""
    number = 0
    for index, scenario in enumerate(scenarios()):
        for form in (short, full, long) if index % 4 == 0 else (short, full):
            number += 1
            yield form(scenario, number)
