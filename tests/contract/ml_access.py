"""Judges who may do what in an ML stack: its roles, its key, its bucket, its topic."""

import re

from ml_roles import NO_RESOURCE_LEVEL, WHO_ACTS, called, needs_of
from partitions import suffix_of
from policies import applies, granted, listed, said_of
from templates import same


def check_roles(found, expected):
    for name, service in WHO_ACTS.items():
        role = found["AWS::IAM::Role", f"{expected.role}-{name}-role"]
        trust = [(s["Effect"], s["Principal"], s["Action"]) for s in role["AssumeRolePolicyDocument"]["Statement"]]
        yield from same(f"who acts as {name}", trust, [("Allow", {"Service": f"{service}.amazonaws.com"}, "sts:AssumeRole")])
        yield from same(f"managed policies of {name}", role.get("ManagedPolicyArns", []), [])
        boundary = expected.boundary and expected.arn("iam", f"policy/{expected.boundary}", region="")
        yield from same(f"boundary of {name}", role.get("PermissionsBoundary"), boundary)
        statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        for call in needs_of(name, expected):
            yield from same(f"{name}: {called(call)}", granted(statements, *call), True)
        for statement in statements:
            actions = listed(statement["Action"])
            yield from same(f"wildcards of {name}", [action for action in actions if "*" in action], [])
            if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow":
                yield from same(f"{name} at every resource", {*actions} - NO_RESOURCE_LEVEL, set())


def check_prefix(expected):
    """SageMaker's SDK cuts the names that it makes at 39 characters, and its pipelines at 38: what it adds follows."""
    if not re.fullmatch("[a-z][a-z0-9-]*-[0-9a-f]{8}", expected.made) or len(expected.made) > 25:
        yield f"the prefix of names is {expected.made}"
    begin = expected.made[:-9]
    if not begin or not (expected.phys + "-").startswith(begin):
        yield f"the prefix of names begins with {begin}, not as {expected.phys}"


def check_bucket(found, expected):
    (policy,) = found.all_of("AWS::S3::BucketPolicy")
    yield from same("bucket of the policy", policy["Bucket"], expected.bucket)
    statements = policy["PolicyDocument"]["Statement"]
    assert all(s["Effect"] == "Deny" and s["Principal"] == "*" for s in statements), "the policy may only deny"
    bucket = expected.arn("s3", expected.bucket, region="", account="")
    secure, insecure = {"aws:SecureTransport": "true"}, {"aws:SecureTransport": "false"}
    how, which = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    key, other = expected.arn("kms", "key/the-key"), expected.arn("kms", "key/another")
    cases = [(action, resource, context, context is insecure)
             for context in (secure, insecure) for action, resource in (("s3:GetObject", f"{bucket}/a/b"), ("s3:ListBucket", bucket), ("s3:PutObject", f"{bucket}/a"))]
    # Whoever says nothing gets the bucket's own encryption.
    cases += [
        ("s3:PutObject", f"{bucket}/a/b", secure | {how: "aws:kms", which: key}, False),
        ("s3:PutObject", f"{bucket}/a/b", secure | {how: "aws:kms", which: other}, expected.enterprise),
        ("s3:PutObject", f"{bucket}/a/b", secure | {how: "AES256"}, expected.enterprise),
        ("s3:GetObject", f"{bucket}/a/b", secure | {which: other}, False),
    ]
    for action, resource, context, wanted in cases:
        denied = any(applies(s, action, resource, context) for s in statements)
        yield from same(f"denied: {action} on {resource} with {context}", denied, wanted)


def check_topic(found, expected):
    topic = expected.arn("sns", f"{expected.phys}-alerts")
    (policy,) = found.all_of("AWS::SNS::TopicPolicy")
    yield from same("topic of the policy", policy["Topics"], [topic])
    statements = policy["PolicyDocument"]["Statement"]
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    for principal, account, secure, wanted in [
        (cloudwatch, expected.account, "true", True),
        (cloudwatch, "999999999999", "true", False),
        (cloudwatch, expected.account, "false", False),
        ({"Service": "another.amazonaws.com"}, expected.account, "true", False),
    ]:
        context = {"aws:SourceAccount": account, "aws:SecureTransport": secure}
        effects = {s["Effect"] for s in said_of(statements, principal) if applies(s, "sns:Publish", topic, context)}
        yield from same(f"{principal} publishes with {context}", effects == {"Allow"}, wanted)


def check_key(found, expected):
    statements = found.all_of("AWS::KMS::Key")[0]["KeyPolicy"]["Statement"]
    root = {"AWS": expected.arn("iam", "root", region="")}
    logs, alarms = {"Service": f"logs.{expected.region}.{suffix_of(expected.region)}"}, {"Service": "cloudwatch.amazonaws.com"}
    group = {"kms:EncryptionContext:aws:logs:arn": expected.arn("logs", f"log-group:/ml/{expected.ml_name}")}
    other = {"kms:EncryptionContext:aws:logs:arn": expected.arn("logs", "log-group:another")}
    for principal, action, context, allowed in [
        (root, "kms:PutKeyPolicy", {}, True),
        (logs, "kms:GenerateDataKey", group, True),
        (logs, "kms:Encrypt", group, True),
        (logs, "kms:Decrypt", other, False),
        (logs, "kms:PutKeyPolicy", group, False),
        (alarms, "kms:GenerateDataKey", {"aws:SourceAccount": expected.account}, True),
        (alarms, "kms:Decrypt", {"aws:SourceAccount": expected.account}, True),
        (alarms, "kms:Decrypt", {"aws:SourceAccount": "999999999999"}, False),
    ]:
        actual = granted(said_of(statements, principal), action, "*", context)
        yield from same(f"key: {action} by {principal} with {context}", actual, allowed)
    strangers = [s["Principal"] for s in statements if s["Principal"] not in (root, logs, alarms)]
    yield from same("others who use the key", strangers, [])


def check(found, expected):
    yield from check_prefix(expected)
    yield from check_roles(found, expected)
    yield from check_bucket(found, expected)
    if expected.paid:
        yield from check_topic(found, expected)
    if expected.enterprise:
        yield from check_key(found, expected)
