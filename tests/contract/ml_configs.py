"""A matrix of configs of the ML product: every scenario in its shortest form and with every key set, some with the longest names."""

from config_values import ACCOUNTS, COMPANIES, tags
from ml_scenarios import Network, config_of, scenarios

# Not every region has all the services; those of China have no model package groups.
REGIONS = ["us-west-2", "eu-central-1", "ap-southeast-1", "us-gov-west-1", "sa-east-1"]
ENVIRONMENTS = ["prod", "staging", "dev", "test"]
RETENTIONS = [1, 365, 3653]


def network(number):
    """Ids in both lengths, one of each or several with blanks between."""
    if number % 2:
        return Network("vpc-0a1b2c3d", "subnet-0a1b2c3d", "rtb-0a1b2c3d")
    subnets = [f"subnet-{n:017x}" for n in (10, 11, 12)]
    tables = [f"rtb-{n:017x}" for n in (20, 21)]
    return Network("vpc-0123456789abcdef0", ", ".join(subnets), " ,".join(tables), "/sg/a/b-c/SecurityGroupId")


def short(scenario, number):
    return config_of(scenario, *whose(number, "acme"), network(number))


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
    if scenario.tier == "enterprise":
        ml["log_retention_days"] = RETENTIONS[number % len(RETENTIONS)]
        ml["kms"] = {"alias": f"Team_A/{number}", "rotation": number % 2 == 0, "deletion_window_days": 7}
    if ml.get("vpc_source") == "ssm":
        ml.setdefault("vpc", {})
        ml["vpc"] |= {"vpc_id_path": "/network/main/VPCId", "subnet_ids_path": "/network/main/subnets"}
    config["tags"] = tags(40 if number % 5 == 0 else 3)
    return name, config


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
