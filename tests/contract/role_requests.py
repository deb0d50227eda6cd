"""The requests that the program sends about a stack, with the condition keys that each has.

Every role of CI is held to its phase's requests: its policies allow them, and its denials leave them alone. A role with a scope is also
held to requests that must fail, because its patterns match more names than there are configs.
"""

import re
from typing import NamedTuple

from operator_calls import IAM_NAMES
from policies import applies, granted, listed

REQUESTED, OWNED = "aws:RequestTag/provisioner:stack", "aws:ResourceTag/provisioner:stack"
IMPORTED = "cloudformation:ImportResourceTypes"
TEST = "-t??????"


class Request(NamedTuple):
    what: str
    call: str
    tags: dict = {}


def sent(phase, stack):
    """What is sent about a stack. A new stack, and one that an import made, has no tags. An import can give none."""
    gives, has = {REQUESTED: stack}, {OWNED: stack}
    change_set = "cloudformation:CreateChangeSet"
    yield Request("change set of an update", change_set, gives | has)
    yield Request("change set of a restoration", change_set, has)
    for tags in ({}, has):
        for call in ("DeleteChangeSet", "DescribeChangeSet", "DescribeChangeSetHooks", "DescribeStackEvents", "DescribeStacks", "GetTemplate",
                     "ListChangeSets", "ListStackResources"):
            yield Request("a look", f"cloudformation:{call}", tags)
    for call in ("DescribeStackResourceDrifts", "DetectStackDrift"):
        yield Request("drift detection", f"cloudformation:{call}", has)
    if phase == "plan":
        return
    yield Request("change set of a creation", change_set, gives)
    yield Request("change set of an adoption", change_set, gives)
    yield Request("change set of an un-adoption", change_set, has)
    yield Request("change set of an import", change_set, {IMPORTED: ["AWS::S3::Bucket"]})
    yield Request("change set of the rest of an import", change_set, gives)
    yield Request("execution of an import", "cloudformation:ExecuteChangeSet")
    yield Request("execution", "cloudformation:ExecuteChangeSet", has)
    yield Request("deletion of an empty stack", "cloudformation:DeleteStack")
    yield Request("deletion", "cloudformation:DeleteStack", has)
    yield Request("recovery", "cloudformation:ContinueUpdateRollback", has)


def refused(stack):
    """What no role with a scope may do to a stack whose name matches."""
    another = {OWNED: "another-stack"}
    change_set = "cloudformation:CreateChangeSet"
    yield Request("change set without tags", change_set)
    yield Request("change set with another's tag", change_set, {REQUESTED: "another-stack"})
    yield Request("change set of another's stack", change_set, {REQUESTED: stack} | another)
    yield Request("import into another's stack", change_set, {IMPORTED: ["AWS::S3::Bucket"]} | another)
    yield Request("deletion of another's stack", "cloudformation:DeleteStack", another)


def stacks_of(statements):
    """An ARN and a name for each pattern of stacks of which a role may create change sets. Tests are for the apply role only."""
    for statement in statements:
        for arn in listed(statement["Resource"]):
            found = re.fullmatch(r"arn:[\w-]+:cloudformation:[^:]*:\d*:stack/([^/]+)/\*", arn)
            name = found and found[1].replace(TEST, "-t0a1b2c").replace("*", "x")
            example = found and arn.replace(f"{found[1]}/*", f"{name}/0a1b")
            if found and applies(statement, "cloudformation:CreateChangeSet", example, {}):
                yield example, name


def unfit(role):
    """Requests that a role lacks or has too much of, by the words for them."""
    allowed = [statement for policy in role["policies"] for statement in policy["Statement"]]
    never = (role.get("never") or {"Statement": []})["Statement"]
    statements = allowed + never
    stacks = dict(stacks_of(allowed))
    if not stacks:
        yield "no stack is in reach"
    for arn, name in sorted(stacks.items()):
        here = {"aws:RequestedRegion": arn.split(":")[3].replace("*", "x")}
        for request in sent(role["phase"], name):
            for action in IAM_NAMES.get(request.call, request.call).split():
                if not granted(statements, action, arn, here | request.tags):
                    yield f"{request.what}: {action} on {arn} with {request.tags} fails"
        if not any(statement.get("Sid") == "OnlyOwnStacks" for statement in never):
            continue
        for request in refused(name):
            if granted(statements, request.call, arn, here | request.tags):
                yield f"{request.what}: {request.call} on {arn} is open"
        # Whatever else is attached to the role.
        another = arn.replace(name, "another-stack")
        everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, *never]
        if granted(everything, "cloudformation:CreateChangeSet", another, here | {IMPORTED: ["AWS::S3::Bucket"]}):
            yield f"an import into {another} is not denied"


def self_test_cases(own):
    """A role with a scope, and each mistake laid into it. `own` is what the role may do."""
    stack, account = "acme-stack", "eu-west-1:123456789012"
    arn = f"arn:aws:cloudformation:{account}:stack/{stack}/*"
    create = ["cloudformation:CreateChangeSet"]
    right = lambda: {
        "phase": "apply",
        "policies": [{"Statement": [{"Effect": "Allow", "Action": sorted(own), "Resource": [arn]}]}],
        "never": {"Statement": [
            {"Sid": "OnlyOwnStacks", "Effect": "Deny", "Action": create, "Resource": "*",
             "Condition": {"StringNotLike": {REQUESTED: [stack], OWNED: [stack]}, "Null": {IMPORTED: "true"}}},
            {"Sid": "OnlyOwnImports", "Effect": "Deny", "Action": create, "NotResource": [arn], "Condition": {"Null": {IMPORTED: "false"}}},
            {"Sid": "NoForeignStacks", "Effect": "Deny", "Action": [*create, "cloudformation:DeleteStack"], "Resource": "*",
             "Condition": {"StringNotLike": {OWNED: [stack]}, "Null": {OWNED: "false"}}},
        ]},
    }
    at = f"arn:aws:cloudformation:{account}:stack/{stack}/0a1b"
    tags = {IMPORTED: ["AWS::S3::Bucket"]}

    def changed(change):
        role = right()
        change(role["never"]["Statement"])
        return role

    yield right(), []
    yield changed(lambda never: never[0]["Condition"].pop("Null")), [
        f"change set of an import: cloudformation:CreateChangeSet on {at} with {tags} fails"]
    yield changed(lambda never: never.pop(1)), [f"an import into {at.replace(stack, 'another-stack')} is not denied"]
    yield changed(lambda never: never[2]["Action"].pop(0)), [
        f"change set of another's stack: cloudformation:CreateChangeSet on {at} is open",
        f"import into another's stack: cloudformation:CreateChangeSet on {at} is open"]
