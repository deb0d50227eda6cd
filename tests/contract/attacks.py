#!/usr/bin/env python3
"""Proof that whoever controls a role of an ML stack gets no further than its work.

    attacks.py DIR...       each DIR has configs/ of the ML product, and templates/ rendered from them

Tries every call of ml_roles.py's attacks_on() with each role. Then proves for one stack of each kind that the table finds a weaker
role: each attack is allowed once, each condition of the rendered policies is dropped, and each name in a resource gives way to `*`.

Each attack that works is printed, and each weakness that nothing finds; the last line is `N passed, M failed`.
"""

import multiprocessing
import re
import sys
from pathlib import Path

from ml_expected import Expected
from ml_roles import WHO_ACTS, attacks_on, called
from ml_template import loaded
from policies import applies, listed, matches


class Role:
    """The statements of a role, by the actions that they are about."""

    def __init__(self, statements):
        self.statements, self.about = statements, {}

    def may(self, call):
        action = call.action.lower()
        if action not in self.about:
            self.about[action] = [
                s for s in self.statements
                if matches([pattern.lower() for pattern in listed(s.get("Action", s.get("NotAction")))], action) == ("Action" in s)
            ]
        return {s["Effect"] for s in self.about[action] if applies(s, *call)} == {"Allow"}


def succeeding(statements, attacks):
    role = Role(statements)
    return ((what, call) for what, call in attacks if role.may(call))


def weaker(statements):
    """Each a little weaker than the statements: (what became of which statement, the statements)."""
    for number, statement in enumerate(statements):
        if statement["Effect"] != "Allow":
            yield f"without {statement['Sid']}", [s for s in statements if s is not statement]
            continue

        def changed(**change):
            return [*statements[:number], {key: value for key, value in {**statement, **change}.items() if value is not None}, *statements[number + 1 :]]

        if "Condition" in statement:
            yield f"{statement['Sid']} without its condition", changed(Condition=None)
        for resource in listed(statement["Resource"]):
            if wider := widened(resource):
                yield f"{statement['Sid']} for {wider}", changed(Resource=[wider])


def widened(resource):
    """With `*` for the name; None where the name is `*` already."""
    head, separator, name = resource.rpartition(":")
    if found := re.fullmatch("(arn:[^:]+:s3:::)(value of .*?/BucketName|[^/]+)(/.*)?", resource):
        start, bucket, key = found.groups()
        return f"{start}*{'/*' if key else ''}" if bucket != "*" else None
    kind, slash, name = name.partition("/")
    if resource.split(":")[2:3] == ["logs"]:
        return re.sub("log-group:.*", "log-group:*", resource) if not re.search(r"log-group:(\*|/aws/sagemaker/\*)", resource) else None
    if not slash:
        return f"{head}:*" if kind != "*" else None
    return f"{head}:{kind}/*" if name != "*" else None


def check_one(job):
    config, first_of_its_kind = job
    findings = []
    try:
        expected = Expected(config)
        _, found = loaded(config.parent.parent / "templates" / expected.template, expected)
        for name in WHO_ACTS:
            role = found["AWS::IAM::Role", f"{expected.role}-{name}-role"]
            statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
            attacks = list(attacks_on(name, expected))
            findings += [f"{name} {what}: {called(call)}" for what, call in succeeding(statements, attacks)]
            if first_of_its_kind and not findings:
                findings += unfound(name, statements, attacks)
    except Exception as error:  # A check that cannot be made has failed.
        findings.append(f"{type(error).__name__}: {error}")
    return config.stem, findings


def unfound(name, statements, attacks):
    for what, call in attacks:
        twin = [*statements, {"Sid": "Weak", "Effect": "Allow", "Action": call.action, "Resource": call.resource}]
        if not Role(twin).may(call) and not denied(statements, call):
            yield f"{name}: {what} is not found: {called(call)}"
    for how, twin in weaker(statements):
        if not any(succeeding(twin, attacks)):
            yield f"{name}: {how}: nothing finds it"


def denied(statements, call):
    return any(applies(s, *call) for s in statements if s["Effect"] == "Deny")


def kind_of(expected):
    return expected.tier, expected.codecommit, bool(expected.data), bool(expected.source_key)


def main(folders):
    jobs, kinds = [], set()
    for config in (path for folder in folders for path in sorted((folder / "configs").glob("*.yaml"))):
        kind = kind_of(Expected(config))
        jobs.append((config, kind not in kinds))
        kinds.add(kind)
    failed = 0
    with multiprocessing.Pool() as pool:
        for name, findings in pool.imap(check_one, jobs, chunksize=4):
            failed += bool(findings)
            for finding in findings:
                print(f"{name}: {finding}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
