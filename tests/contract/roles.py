#!/usr/bin/env python3
"""Proof that the roles that the program writes for CI are what they are said to be.

    roles.py FILE...        each FILE is what `provisioner roles --format json` prints
    roles.py --self-test    proof that each kind of mistake is found

The plan role is allowed all that looking takes, and nothing that changes a stack: by the table of the program's calls
(operator_calls.py), and by AWS's reference, which says of each action whether it reads or writes (iam_reference.py).

Each mistake is printed with the role's ARN; the last line is `N passed, M failed`. Exit code 1 when any failed.
"""

import copy
import functools
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

from iam_reference import expand, reference
from ml_roles import WHO_ACTS, Call, Places, at_work, called, needs_of
from operator_attacks import attacks
from operator_calls import APPLY, EVERY, IAM_NAMES, NEVER, PLAN
from policies import MANAGED, granted, listed, size_of
from role_requests import self_test_cases, unfit

LOOKS = {"Read", "List"}
# What AWS's reference takes for a change, and is none of a stack's.
BESIDE = {
    "cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:TagResource", "cloudformation:UntagResource",
    "cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift", "cloudformation:ValidateTemplate",
}
# A read with one of these words in its name returns a secret or a credential.
SECRET = re.compile("Secret|Password|Credential|Token|AuthCode|ApiKey|PresignedURL|EmbedUrl|InstanceAccess|DownloadUrl|ConsoleOutput")
READS = re.compile("(BatchDescribe|BatchGet|Describe|Get|List).*")
# These have such a word, and return settings, names or counts.
SETTINGS = set("""
    appfabric:BatchGetUserAccessTasks bedrock-agentcore:GetApiKeyCredentialProvider bedrock-agentcore:GetOauth2CredentialProvider
    bedrock-agentcore:GetTokenVault bedrock-agentcore:ListApiKeyCredentialProviders bedrock-agentcore:ListOauth2CredentialProviders
    chime:ListVoiceConnectorTerminationCredentials codebuild:ListSourceCredentials codedeploy:ListGitHubAccountTokenNames
    ec2:DescribeIpamExternalResourceVerificationTokens grafana:ListWorkspaceServiceAccountTokens iam:GetAccountPasswordPolicy
    iam:ListServiceSpecificCredentials iotmanagedintegrations:GetCredentialLocker iotmanagedintegrations:ListCredentialLockers
    kafka:ListScramSecrets license-manager:ListTokens managedblockchain-query:BatchGetTokenBalance
    managedblockchain-query:GetTokenBalance managedblockchain-query:ListTokenBalances route53globalresolver:ListAccessTokens
    secretsmanager:DescribeSecret secretsmanager:GetRandomPassword secretsmanager:ListSecretVersionIds secretsmanager:ListSecrets
    sso:DescribeInstanceAccessControlAttributeConfiguration
    sso-directory:ListBearerTokens sso:DescribeTrustedTokenIssuer sso:ListTrustedTokenIssuers waf-regional:GetChangeToken
    waf-regional:GetChangeTokenStatus waf:GetChangeToken waf:GetChangeTokenStatus workmail:GetPersonalAccessTokenMetadata
    workmail:ListPersonalAccessTokens
""".split())
# Contents, which no name gives away; a sample.
CONTENTS = set("""
    codecommit:GetFile dynamodb:BatchGetItem dynamodb:GetItem ebs:GetSnapshotBlock ecr:BatchGetImage kinesis:GetRecords kms:Decrypt
    logs:GetLogEvents s3:GetObjectVersion ssm:GetParameterHistory ssm:GetParametersByPath states:GetExecutionHistory
""".split())
# What the plan role reads of contents, and where.
ARCHIVES = re.compile(r"arn:[\w-]+:s3:::[^*?]+/model-(build|deploy)\.zip")
VALUES = {"ssm:GetParameter", "ssm:GetParameters"}
PARAMETERS = re.compile(r"arn:[\w-]+:ssm:[\w*-]*:\d*:parameter/(ml|s3|sg|vpc|aws/service)/.*")
# Environments of examples/policy whose operations name alarms, and what CloudFormation asks CloudWatch for then. Composite alarms take `*`.
WITH_ALARMS, ALARMS = {"prod"}, "cloudwatch:DescribeAlarms"
# The role's policies need not allow these.
UNASKED = {"sts:AssumeRoleWithWebIdentity"}
# What each role needs, whichever products its configs are of.
ALWAYS = {call for _, about, calls in EVERY if about in ("anything", "change sets", "stack") for call in calls.split()} | NEVER


def by_iam(calls):
    return {name for call in calls - UNASKED for name in IAM_NAMES.get(call, call).split()}


def unknown_keys(statement):
    """Condition keys that AWS's reference does not list for an action or its resources. A negated operator would always deny it."""
    keys = {key for values in statement.get("Condition", {}).values() for key in values}
    for action in sorted(actions([statement])):
        service, _, name = action.partition(":")
        entry = reference()[service]
        kinds = entry["privileges"][name]["resource_types"]
        known = {key for kind, type_ in kinds.items()
                 for key in type_["condition_keys"] + (entry["resources"][kind]["condition_keys"] if kind else [])}
        for key in sorted(keys):
            if re.sub("^(aws:(?:Request|Resource)Tag)/.*", r"\1/${TagKey}", key) not in known:
                yield action, key


def actions(statements):
    return {action for statement in statements for pattern in listed(statement["Action"]) for action in expand(pattern)}


def level(action):
    service, _, name = action.partition(":")
    return reference()[service]["privileges"][name]["access_level"]


@functools.cache
def secret_reads():
    """The reads of AWS's whole reference that return secrets, credentials or contents."""
    named = {
        f"{service}:{name}"
        for service, entry in reference().items() if isinstance(entry, dict)
        for name in entry.get("privileges", ()) if READS.fullmatch(name) and SECRET.search(name)
    }
    return named - SETTINGS | CONTENTS


def a_config(account, region="us-west-2"):
    """A config within the scope of examples/policy, which is outside of every list of configs: nothing of it may be in reach beyond its work."""
    base, subject = f"acme-prod-c001-{region}", "churn"
    arn = lambda service, rest, region=region, account=account: f"arn:aws:{service}:{region}:{account}:{rest}"
    return SimpleNamespace(
        account=account, region=region, arn=arn, phys=f"{base}-{subject}", role=f"acme-prod-c001-{subject}", ml_name=f"{base}-{subject}-ml",
        stack=f"{base}-{subject}-ml-stack", bucket=f"{base}-{subject}-artifacts", source_prefix="acme-ml-source/forecasting",
        vpc="vpc-1", made="acme-prod-c001-u-0a1b2c3d", deploy_source="DeploySrc", enterprise=True, codecommit=True, data=[], source_key=None,
    )


def applying(role):
    """What somebody gets who has the role, by the words for it."""
    account = role["arn"].split(":")[4]
    documents = [document for document in [role["never"], *role["policies"]] if document]
    statements = [s for document in documents for s in document["Statement"]]
    boundary = role.get("boundary")
    for what, call in attacks(Places(a_config(account)), boundary and boundary["arn"]):
        if granted(statements, *call):
            yield f"{what}: {called(call)}"


def ceiling(boundary):
    """What a boundary lacks for the work of a stack's roles, and what it leaves open though none of them needs it."""
    config = a_config(boundary["arn"].split(":")[4])
    statements = boundary["policy"]["Statement"]
    for name in WHO_ACTS:
        for call in needs_of(name, config):
            if not granted(statements, *call):
                yield f"{name} under the boundary: {called(call)} is missing"
    places = Places(config)
    for call in at_work("sagemaker:UpdateModelPackage iam:CreateRole iam:PutRolePolicy sts:AssumeRole lambda:CreateFunction", places.models, places.admin, places.roles["codebuild"]) + [
        Call("sagemaker:CreateModelPackage", places.models, {"sagemaker:ModelApprovalStatus": "Approved"}),
        Call("iam:PassRole", places.admin, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
    ]:
        if granted(statements, *call):
            yield f"the boundary leaves {called(call)} open"


def mistakes(role):
    statements = [statement for policy in role["policies"] for statement in policy["Statement"]]
    if any(statement["Effect"] != "Allow" for statement in statements):
        yield "a policy does not only allow"
    for policy in role["policies"]:
        if size_of(json.dumps(policy)) > MANAGED:
            yield f"a policy has {size_of(json.dumps(policy))} characters"
    allowed = actions(statements)
    if "arn" in role:
        yield from unfit(role)
    reads_alarms = any(ALARMS in listed(s["Action"]) and "*" in listed(s["Resource"]) for s in statements)
    if WITH_ALARMS & set(role.get("environments", ())) and not reads_alarms:
        yield f"{ALARMS} is missing"
    if role["phase"] == "apply":
        for action in sorted(by_iam(APPLY & ALWAYS) - allowed):
            yield f"{action} is missing"
        for statement in (role.get("never") or {"Statement": []})["Statement"]:
            for pattern in listed(statement["Action"]):
                if not expand(pattern):
                    yield f"{pattern} is no action that AWS knows"
            for action, key in unknown_keys(statement):
                yield f"{action} is denied by {key}, which its requests do not have"
        if "arn" in role:
            yield from applying(role)
        return
    for action in sorted(allowed):
        if level(action) not in LOOKS and action not in BESIDE:
            yield f"{action} is allowed, and AWS calls it {level(action)}"
    for action in sorted(by_iam(APPLY) & allowed):
        yield f"{action} is allowed, and is for the apply role"
    for action in sorted(by_iam(PLAN & ALWAYS) - allowed):
        yield f"{action} is missing"
    excepting = [statement for statement in role["never"]["Statement"] if "NotResource" in statement]
    if not any(actions([statement]) == VALUES and all(map(PARAMETERS.fullmatch, statement["NotResource"])) for statement in excepting):
        yield "parameters of other prefixes are not denied"
    never = actions(statement for statement in role["never"]["Statement"] if statement not in excepting)
    for action in sorted(by_iam(APPLY) - never):
        yield f"{action} is not denied"
    for action in sorted(allowed & never):
        yield f"{action} is allowed and denied"
    for action in sorted(secret_reads() - never):
        yield f"{action} returns secrets or contents, and is not denied"
    for pattern in sorted({pattern for statement in role["never"]["Statement"] for pattern in listed(statement["Action"])}):
        if not expand(pattern):
            yield f"{pattern} is no action that AWS knows"
    for statement in statements:
        if actions([statement]) & VALUES and not all(map(PARAMETERS.fullmatch, listed(statement["Resource"]))):
            yield "parameters are read that are below no product's prefix"
        if "s3:GetObject" in actions([statement]) and not all(map(ARCHIVES.fullmatch, listed(statement["Resource"]))):
            yield "objects are read that are no source archives"


def check(files):
    passed = failed = 0
    for file in files:
        for account in json.loads(file.read_text(encoding="utf-8"))["accounts"]:
            for mistake in ceiling(account["boundary"]) if account["boundary"] else ():
                failed += 1
                print(f"{account['boundary']['arn']}: {mistake}")
            for role in account["roles"]:
                role["boundary"] = account["boundary"]
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
        "never": {"Statement": [{"Effect": "Deny", "Action": sorted(by_iam(APPLY) | secret_reads())},
                                {"Effect": "Deny", "Action": sorted(VALUES), "NotResource": ["arn:aws:ssm:*:123456789012:parameter/vpc/*"]}]},
        "policies": [{"Statement": [
            {"Effect": "Allow", "Action": sorted(by_iam(PLAN) - {"s3:GetObject"} - VALUES), "Resource": "*"},
            {"Effect": "Allow", "Action": sorted(VALUES), "Resource": "arn:aws:ssm:eu-west-1:123456789012:parameter/vpc/x"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-source/v1/model-build.zip"},
        ]}],
    }
    denied = lambda action: lambda role: role.update(never={"Statement": [
        {"Effect": "Deny", "Action": [action], "Resource": "*",
         "Condition": {"StringNotLike": {"aws:ResourceTag/provisioner:stack": ["a"]}}}]})
    apply = {"phase": "apply", "policies": [{"Statement": [{"Effect": "Allow", "Action": sorted(by_iam(APPLY))}]}]}
    more = lambda *add: lambda role: role["policies"][0]["Statement"][0]["Action"].extend(add)
    less = lambda it: lambda role: role["policies"][0]["Statement"][0]["Action"].remove(it)
    undenied = lambda it: lambda role: role["never"]["Statement"][0]["Action"].remove(it)
    table = [
        (right, lambda role: None, []),
        (right, undenied("secretsmanager:GetSecretValue"),
         ["secretsmanager:GetSecretValue returns secrets or contents, and is not denied"]),
        (right, more("kms:GetKeyPolicy", "secretsmanager:GetSecretValue"), ["secretsmanager:GetSecretValue is allowed and denied"]),
        (right, lambda role: role["never"]["Statement"][0]["Action"].append("s3:GetObjcet"), ["s3:GetObjcet is no action that AWS knows"]),
        (right, lambda role: role["policies"][0]["Statement"][2].update(Resource="arn:aws:s3:::acme-source/v1/*"),
         ["objects are read that are no source archives"]),
        (right, lambda role: role["policies"][0]["Statement"][1].update(Resource="arn:aws:ssm:eu-west-1:123456789012:parameter/prod/x"),
         ["parameters are read that are below no product's prefix"]),
        (right, lambda role: role["never"]["Statement"].pop(), ["parameters of other prefixes are not denied"]),
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
        (apply, lambda role: role.update(environments=["dev"]), []),
        (apply, lambda role: role.update(environments=["prod"]), ["cloudwatch:DescribeAlarms is missing"]),
        (apply, lambda role: role.update(environments=["prod"], policies=role["policies"] + [{"Statement": [
            {"Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms"], "Resource": ["*"]}]}]), []),
        (apply, denied("iam:DeleteRole"), []),
        (apply, denied("iam:DeleteRoel"), ["iam:DeleteRoel is no action that AWS knows"]),
        (apply, denied("iam:PutGroupPolicy"),
         ["iam:PutGroupPolicy is denied by aws:ResourceTag/provisioner:stack, which its requests do not have"]),
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
    for role, expected in self_test_cases(by_iam(APPLY | PLAN)):
        found = list(unfit(role))
        passed, failed = passed + (found == expected), failed + (found != expected)
        if found != expected:
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
