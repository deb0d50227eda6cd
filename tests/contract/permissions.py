#!/usr/bin/env python3
"""Proof that the operator's policies allow all that is needed, and nothing else.

    permissions.py DIR...        each DIR has configs/ of one product, and templates/ and policies/ rendered from them
    permissions.py --self-test   proof that each kind of mistake is found

What is needed follows from the rendered template (handlers.py) and from our own calls (operator_calls.py), which have to be those of the
program's source (sdk_calls.py). Whether there is such an action, which resources it can be limited to and which condition keys it knows is read in AWS's reference (iam_reference.py).

Each mistake is printed with the policy's name; the last line is `N passed, M failed`. Exit code 1 when any failed.
"""

import functools
import json
import re
import sys
from pathlib import Path

from iam_reference import expand, kind_of, knows
from operator_needs import ANYTHING, Need, Target, begins, needs, share_properties, under, unlisted
from policies import granted, listed
from sdk_calls import differences, drifted


@functools.cache
def within(pattern, bound):
    """Whether a pattern matches nothing that another one does not match. `*` and `?` in it stand for themselves."""
    text = "".join({"*": ".*", "?": "[^*]"}.get(character, re.escape(character)) for character in bound)
    return re.fullmatch(text, pattern) is not None


def mistakes(statements, wanted, everywhere):
    """What a policy lacks, and what it has too much of. `everywhere` are the condition keys of each request."""
    by_action = {}
    for need in wanted:
        by_action.setdefault(need.action, []).append(need)
    for action, needs_of_it in by_action.items():
        allowing = [s for s in statements if any(action in expand(pattern) for pattern in listed(s["Action"]))]
        yield from missing(allowing, needs_of_it, everywhere)
    for statement in statements:
        yield from surplus(statement, by_action)


def missing(statements, wanted, everywhere):
    """`statements` and `wanted` are those of one action."""
    for need in wanted:
        for sample in need.where.samples:
            context = everywhere | need.context
            carried = {key: value for key, value in context.items() if knows(need.action, sample, key)}
            if not granted(statements, need.action, sample, carried):
                yield f"{need.action} on {sample} is missing ({need.why})"
            # The same for something that is not ours. What another need allows is allowed for its sake.
            if any(not other.context and sample in other.where.samples for other in wanted):
                continue
            for key in need.context:
                if granted(statements, need.action, sample, carried | {key: "another"}):
                    yield f"{need.action} on {sample} is allowed whatever {key} is"


def surplus(statement, by_action):
    sid, resources = statement["Sid"], listed(statement["Resource"])
    idle = set(resources)
    for pattern in listed(statement["Action"]):
        actions = expand(pattern)
        if not actions:
            yield f"{sid}: there is no action {pattern}"
        # A wildcard means only what the resources of its statement let it mean.
        used = [(action, resource) for action in actions for resource in resources if effective(action, resource)]
        if actions and not used:
            yield f"{sid}: {pattern} is for none of the statement's resources"
        for action, resource in used:
            idle.discard(resource)
            bounds = [bound for need in by_action.get(action, []) for bound in need.where.bounds]
            if not bounds:
                yield f"{sid}: {action} is not needed"
            elif not any(within(resource, bound) for bound in bounds):
                yield f"{sid}: {action} is needed for less than {resource}"
    for resource in sorted(idle):
        yield f"{sid}: no action is for {resource}"


def effective(action, resource):
    # `*` stands for the rest of a name, and for what comes below it as well.
    below = resource.removesuffix("*") + "*/*" if resource.endswith("*") else resource
    return resource == "*" or kind_of(action, resource) is not None or kind_of(action, below) is not None


def everywhere(target):
    return {"aws:RequestedRegion": target.region, "aws:ResourceAccount": target.account}


def findings_of(target):
    unknown = list(unlisted(target))
    if unknown:
        return unknown
    statements = json.loads(target.policy.read_text(encoding="utf-8"))["Statement"]
    # Several resources need the same thing; one of them is told.
    wanted = {(need.action, need.where, *need.context.items()): need for need in needs(target)}
    return list(dict.fromkeys(mistakes(statements, list(wanted.values()), everywhere(target))))


def lacking(target, trial):
    """What the policy lacks for a test deployment."""
    test = Target(target.config, trial)
    statements = json.loads(target.policy.read_text(encoding="utf-8"))["Statement"]
    by_action = {}
    for need in needs(test):
        by_action.setdefault(need.action, {})[need.where.samples, *need.context.items()] = need
    found = (missing(statements, list(wanted.values()), everywhere(target)) for wanted in by_action.values())
    return list(dict.fromkeys(finding for findings in found for finding in findings if "is missing" in finding))


def check(folders):
    targets, passed, failed = [], 0, 0
    for difference in drifted():
        failed += 1
        print(difference)
    for config in (path for folder in folders for path in sorted((folder / "configs").glob("*.yaml"))):
        try:
            targets.append(Target(config))
        except FileNotFoundError as error:
            failed += 1
            print(f"{config.name}: not rendered: {error.filename}")
    share_properties(targets)
    for target in targets:
        findings = findings_of(target) + [f"of {trial.name}: {finding}" for trial in target.trials for finding in lacking(target, trial)]
        failed += bool(findings)
        passed += not findings
        for finding in findings:
            print(f"{target.policy.name}: {finding}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def self_test():
    """Each kind of mistake, laid into a policy that has none."""
    here = {"aws:RequestedRegion": "eu-central-1", "aws:ResourceAccount": "123456789012"}
    account = "eu-central-1:123456789012"
    topic, key = f"arn:aws:sns:{account}:ours", f"arn:aws:kms:{account}:key/*"
    wanted = [
        Need("sns:CreateTopic", begins(topic), {}, "Topic"),
        Need("sns:TagResource", begins(topic), {}, "Topic"),
        Need("sns:UntagResource", begins(topic), {}, "Topic"),
        Need("kms:PutKeyPolicy", under(key, "1"), {"aws:ResourceTag/owner": "us"}, "Key"),
        Need("kms:ListAliases", ANYTHING, {"aws:RequestedRegion": "eu-central-1"}, "Alias"),
    ]
    right = {
        "Topic": {"Action": ["sns:CreateTopic", "sns:*TagResource"], "Resource": [topic + "*"]},
        "Key": {"Action": ["kms:PutKeyPolicy"], "Resource": [key], "Condition": {"StringEquals": {"aws:ResourceTag/owner": "us"}}},
        "Any": {"Action": ["kms:ListAliases"], "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}},
    }
    all_three = ("CreateTopic", "TagResource", "UntagResource")
    table = [
        ("Topic", {}, []),
        ("Topic", {"Action": ["sns:CreateTopic", "sns:TagResource"]},
         [f"sns:UntagResource on {topic} is missing (Topic)"]),
        ("Topic", {"Resource": [topic + "-t0a1b2c"]}, [f"sns:{action} on {topic} is missing (Topic)" for action in all_three]),
        ("Topic", {"Action": ["sns:CreateTopic", "sns:*TagResource", "sns:DeleteTopic"]}, ["Topic: sns:DeleteTopic is not needed"]),
        # A wildcard brings one action that is needed and one that is not.
        ("Topic", {"Action": ["sns:*eTopic", "sns:*TagResource"]}, ["Topic: sns:DeleteTopic is not needed"]),
        ("Topic", {"Action": ["sns:CreateTopic", "sns:*TagResource", "sns:MakeTopic"]}, ["Topic: there is no action sns:MakeTopic"]),
        ("Topic", {"Resource": [f"arn:aws:sns:{account}:our*"]},
         [f"Topic: sns:{action} is needed for less than arn:aws:sns:{account}:our*" for action in all_three]),
        ("Topic", {"Resource": "*"}, [f"Topic: sns:{action} is needed for less than *" for action in all_three]),
        ("Topic", {"Resource": [topic + "*", key]}, [f"Topic: no action is for {key}"]),
        # A key that no call to SNS carries, so that it never applies.
        ("Topic", {"Condition": {"StringEquals": {"kms:ViaService": "sns"}}},
         [f"sns:{action} on {topic} is missing (Topic)" for action in all_three]),
        ("Key", {"Condition": {}}, [f"kms:PutKeyPolicy on {key[:-1]}1 is allowed whatever aws:ResourceTag/owner is"]),
        ("Any", {"Condition": {}}, ["kms:ListAliases on * is allowed whatever aws:RequestedRegion is"]),
        ("Any", {"Resource": [key]},
         ["kms:ListAliases on * is missing (Alias)", "Any: kms:ListAliases is for none of the statement's resources", f"Any: no action is for {key}"]),
    ]
    passed = failed = 0
    for sid, change, expected in table:
        statements = [{"Sid": name, "Effect": "Allow"} | part | (change if name == sid else {}) for name, part in right.items()]
        found = list(mistakes(statements, wanted, here))
        passed += found == expected
        failed += found != expected
        if found != expected:
            print(f"{sid} {change}: {found}, wanted {expected}")
    source = 'use aws_sdk_s3 as s3; struct Cloud { objects: s3::Client } … self\n.objects\n.head_bucket() … error::from_sdk("HeadBucket", e)'
    for text, calls, expected in [
        (source, {"s3:HeadBucket"}, []),
        (source, set(), ["s3:HeadBucket: the program calls it, and operator_calls.py does not have it"]),
        (source, {"s3:HeadBucket", "s3:PutObject"}, ["s3:PutObject: operator_calls.py has it, and the program does not call it"]),
        (source + 'error::from_sdk("PutObject", e)', {"s3:HeadBucket"}, ["PutObject: called and not named in an error, or the other way round"]),
    ]:
        found = list(differences(text, calls))
        passed += found == expected
        failed += found != expected
        if found != expected:
            print(f"{text} {calls}: {found}, wanted {expected}")
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
