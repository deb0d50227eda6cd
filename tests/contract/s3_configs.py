"""A matrix of configs of the S3 product."""

import hashlib
import itertools
import re

from config_values import ACCOUNTS, COMPANIES, REGIONS, tags

SAMPLE = 120

AXES = {
    "versioning": [True, False],
    "lifecycle": ["ml-optimized", "compliance", "development", "none"],
    "vpc": ["no vpc", "no route table", "1 route table", "3 route tables", "existing endpoint"],
    "tags": [0, 2, 40],
    "solutions": [1, 3],
    "naming": ["shared", "shared with override", "dedicated"],
    "env": ["prod", "staging", "dev", "test"],
    "region": REGIONS,
}

PREFIXES = ["edge", "global-bank", "a", "x9--y"]
# Names whose PascalCase forms coincide, or that a hash put behind one might imitate.
SOLUTIONS = [
    ["master-solution", "demand-forecasting", "churn"],
    ["ab", "a-b", "a--b"],
    ["a1-2b", "a12b", "a-"],
    ["x-x", "x-x0", "xx"],
]
DEDICATED = ["churn", "demand-forecasting", "a-b", "s3"]


def bucket_override(number):
    return [
        f"lake-{number:04}", f"my.data.lake.{number:04}", f"b{number:02x}", f"b-{number:04}".ljust(63, "z"),
        f"{number:04}--x", f"10.0.{number:04}.a",
    ][number % 6]


def cells():
    """The sampled cells: every pair of values of any two axes, then more until SAMPLE are reached."""
    names = list(AXES)
    everything = itertools.product(*AXES.values())
    # An order that looks random and is the same everywhere.
    order = sorted(everything, key=lambda cell: hashlib.sha256(repr(cell).encode()).digest())
    uncovered = {
        ((one, a), (two, b))
        for one, two in itertools.combinations(names, 2)
        for a in AXES[one]
        for b in AXES[two]
    }
    taken, spare = [], []
    for cell in order:
        pairs = set(itertools.combinations(zip(names, cell), 2))
        if uncovered & pairs:
            uncovered -= pairs
            taken.append(cell)
        else:
            spare.append(cell)
    assert not uncovered, "some pair of values is in no cell"
    taken += spare[: max(0, SAMPLE - len(taken))]
    return [dict(zip(names, cell)) for cell in taken]


def config_of(number, cell):
    """The file's name without `.yaml`, and the config."""
    s3 = {"versioning": cell["versioning"]}
    # An optional key is left out, or written with its default, by turns: both must mean the same.
    terse = number % 2 == 0
    if cell["lifecycle"] != "none" or not terse:
        s3["lifecycle_policy"] = cell["lifecycle"]
    if cell["vpc"] != "no vpc":
        s3["vpc_id"] = f"vpc-{number:017x}" if number % 2 else f"vpc-{number:08x}"
    elif not terse:
        s3["vpc_id"] = ""
    if cell["vpc"] == "existing endpoint":
        s3["existing_endpoint"] = True
    tables = {"1 route table": 1, "3 route tables": 3}.get(cell["vpc"], 0)
    if tables or not terse:
        separator = [",", ", ", " ,"][number % 3]
        ids = [f"rtb-{n:08x}" if n % 2 else f"rtb-{n:017x}" for n in range(number * 4, number * 4 + tables)]
        s3["route_table_ids"] = ids if number % 5 == 0 else separator.join(ids)
    if cell["tags"] or not terse:
        s3["tags"] = tags(cell["tags"])
    if cell["solutions"] == 3:
        s3["solutions"] = SOLUTIONS[number % len(SOLUTIONS)]
    elif not terse:
        s3["solutions"] = ["master-solution"]
    if cell["naming"] != "shared":
        s3["bucket_name_override"] = bucket_override(number)
    elif not terse:
        s3["bucket_name_override"] = ""
    client = {
        "company_name": COMPANIES[number % len(COMPANIES)],
        "company_prefix": PREFIXES[number % len(PREFIXES)],
        "account_id": ACCOUNTS[number % len(ACCOUNTS)],
        "tenant_id": f"{number:04}" if number % 2 else f"c{number:03}",
    }
    environment = {"env": cell["env"], "region": cell["region"]}
    parts = [client["company_prefix"], environment["env"], client["tenant_id"], environment["region"]]
    if cell["naming"] == "dedicated":
        parts.append(DEDICATED[number % len(DEDICATED)])
    return "-".join(parts + ["s3"]), {"client": client, "environment": environment, "s3": s3}


def is_linted(name):
    """Every other one: cfn-lint takes most of the time of a check."""
    return re.search("-c[0-9]{3}-", name) is not None


def configs():
    for number, cell in enumerate(cells()):
        yield config_of(number, cell)
