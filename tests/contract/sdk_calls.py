"""Compares the operations of AWS that the program's source calls with those in operator_calls.py, so that the two cannot drift apart."""

import re
from pathlib import Path

from operator_calls import APPLY, EVERY, IAM_NAMES, ML, NEVER, PLAN, S3

CLOUD = Path(__file__).resolve().parents[2] / "src/cloud/aws"


def clients(text):
    """Service by the field that holds its client, as in `stacks: cloudformation::Client` with `use aws_sdk_… as …`, or in
    `sts: aws_sdk_sts::Client`."""
    crates = dict((alias, service) for service, alias in re.findall(r"use aws_sdk_(\w+) as (\w+);", text))
    crates |= {f"aws_sdk_{service}": service for service in re.findall(r"\baws_sdk_(\w+)::Client\b", text)}
    return {field: crates[alias] for field, alias in re.findall(r"(\w+): (\w+)::Client\b", text) if alias in crates}


def called(text, fields):
    """Operations that are built from a client, as in `self.stacks.describe_stacks()`."""
    for field, method in re.findall(r"\bself\s*\.\s*(\w+)\s*\.\s*(\w+)\(\)", text):
        if field in fields:
            yield f"{fields[field]}:{camel(method)}"
    for service, method in re.findall(r"\baws_sdk_(\w+)::Client::new\([^()]*\)\s*\.\s*(\w+)\(\)", text):
        yield f"{service}:{camel(method)}"


def named(text):
    """Operations whose errors are given their name. Every call has to, so this is a second way to find them."""
    return re.findall(r'error::from_sdk\(\s*"(\w+)"', text)


def camel(method):
    return "".join(part.capitalize() for part in method.split("_"))


def differences(text, table):
    calls = set(called(text, clients(text)))
    names = {call.split(":")[1] for call in calls}
    for name in sorted(names ^ set(named(text))):
        yield f"{name}: called and not named in an error, or the other way round"
    for call in sorted(calls - table):
        yield f"{call}: the program calls it, and operator_calls.py does not have it"
    for call in sorted(table - calls):
        yield f"{call}: operator_calls.py has it, and the program does not call it"


def table():
    lines = EVERY + ML + S3
    return {call for _, _, calls in lines for call in calls.split()} | NEVER


def drifted():
    """What the source and the tables have different."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CLOUD.glob("*.rs")))
    yield from differences(text, table())
    for call in sorted(table() ^ (PLAN | APPLY)):
        yield f"{call}: a line of operator_calls.py has it, and neither PLAN nor APPLY does, or the other way round"
    for call in sorted(PLAN & APPLY):
        yield f"{call}: in PLAN and in APPLY"
    for call in sorted(IAM_NAMES.keys() - table()):
        yield f"{call}: IAM_NAMES has it, and no line of operator_calls.py does"
