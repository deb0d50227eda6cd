#!/usr/bin/env python3
"""Proof that the roles that the program writes for CI are what they are said to be.

    roles.py FILE...        each FILE is what `provisioner roles --format json` prints
    roles.py --self-test    proof that each kind of mistake is found

The plan role is allowed all that looking takes, and nothing that changes a stack: by the table of the program's calls
(operator_calls.py), and by AWS's reference, which says of each action whether it reads or writes (iam_reference.py).

Each mistake is printed with the role's ARN; the last line is `N passed, M failed`. Exit code 1 when any failed.
"""

import copy
import json
import sys
from pathlib import Path

from iam_reference import expand, reference
from operator_calls import APPLY, EVERY, IAM_NAMES, NEVER, PLAN
from policies import MANAGED, listed, size_of

LOOKS = {"Read", "List"}
# What AWS's reference takes for a change, and is none of a stack's.
BESIDE = {
    "cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:TagResource", "cloudformation:UntagResource",
    "cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift", "cloudformation:ValidateTemplate",
}
# The role's policies need not allow these.
UNASKED = {"sts:AssumeRoleWithWebIdentity"}
# What each role needs, whichever products its configs are of.
ALWAYS = {call for _, about, calls in EVERY if about in ("anything", "change sets", "stack") for call in calls.split()} | NEVER


def by_iam(calls):
    return {name for call in calls - UNASKED for name in IAM_NAMES.get(call, call).split()}


def actions(statements):
    return {action for statement in statements for pattern in listed(statement["Action"]) for action in expand(pattern)}


def level(action):
    service, _, name = action.partition(":")
    return reference()[service]["privileges"][name]["access_level"]


def mistakes(role):
    statements = [statement for policy in role["policies"] for statement in policy["Statement"]]
    if any(statement["Effect"] != "Allow" for statement in statements):
        yield "a policy does not only allow"
    for policy in role["policies"]:
        if size_of(json.dumps(policy)) > MANAGED:
            yield f"a policy has {size_of(json.dumps(policy))} characters"
    allowed = actions(statements)
    if role["phase"] == "apply":
        for action in sorted(by_iam(APPLY & ALWAYS) - allowed):
            yield f"{action} is missing"
        return
    for action in sorted(allowed):
        if level(action) not in LOOKS and action not in BESIDE:
            yield f"{action} is allowed, and AWS calls it {level(action)}"
    for action in sorted(by_iam(APPLY) & allowed):
        yield f"{action} is allowed, and is for the apply role"
    for action in sorted(by_iam(PLAN & ALWAYS) - allowed):
        yield f"{action} is missing"
    never = actions(role["never"]["Statement"])
    for action in sorted(by_iam(APPLY) - never):
        yield f"{action} is not denied"
    for action in sorted(allowed & never):
        yield f"{action} is allowed and denied"


def check(files):
    passed = failed = 0
    for file in files:
        for account in json.loads(file.read_text(encoding="utf-8"))["accounts"]:
            for role in account["roles"]:
                found = list(mistakes(role))
                passed, failed = passed + (not found), failed + bool(found)
                for mistake in found:
                    print(f"{role['arn']}: {mistake}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def self_test():
    """Each kind of mistake, laid into a role that has none."""
    right = {
        "phase": "plan",
        "never": {"Statement": [{"Effect": "Deny", "Action": sorted(by_iam(APPLY))}]},
        "policies": [{"Statement": [{"Effect": "Allow", "Action": sorted(by_iam(PLAN))}]}],
    }
    apply = {"phase": "apply", "policies": [{"Statement": [{"Effect": "Allow", "Action": sorted(by_iam(APPLY))}]}]}
    more = lambda *add: lambda role: role["policies"][0]["Statement"][0]["Action"].extend(add)
    less = lambda it: lambda role: role["policies"][0]["Statement"][0]["Action"].remove(it)
    table = [
        (right, lambda role: None, []),
        (apply, lambda role: None, []),
        (right, more("sns:Publish"), ["sns:Publish is allowed, and AWS calls it Write"]),
        (right, more("cloudformation:Exec*ChangeSet"),
         ["cloudformation:ExecuteChangeSet is allowed, and AWS calls it Write",
          "cloudformation:ExecuteChangeSet is allowed, and is for the apply role",
          "cloudformation:ExecuteChangeSet is allowed and denied"]),
        (right, less("cloudformation:ListImports"), ["cloudformation:ListImports is missing"]),
        (right, lambda role: role["never"]["Statement"][0]["Action"].remove("s3:PutObject"), ["s3:PutObject is not denied"]),
        (right, lambda role: role["policies"][0]["Statement"][0].update(Effect="Deny"), ["a policy does not only allow"]),
        (right, lambda role: role["policies"][0].update(Long="x" * MANAGED), None),
        (apply, less("cloudformation:DeleteStack"), ["cloudformation:DeleteStack is missing"]),
    ]
    passed = failed = 0
    for role, change, expected in table:
        role = copy.deepcopy(role)
        change(role)
        found = list(mistakes(role))
        right_one = found == expected if expected is not None else len(found) == 1 and found[0].endswith(" characters")
        passed, failed = passed + right_one, failed + (not right_one)
        if not right_one:
            print(f"{found}, wanted {expected}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return check([Path(argument) for argument in arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
