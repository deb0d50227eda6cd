#!/usr/bin/env python3
"""Runs third-party scanners on the rendered templates. `make lint-templates` runs it with checkov.

    scan.py DIR [RULES]

DIR is what `make test-contract` leaves in target/contract/matrix; RULES the folder rules/aws of the AWS Guard rules registry.
Runs checkov and, with RULES, cfn-guard, as far as they are on the path, over one template of each kind. A finding that is not in
ACCEPTED fails the scan. The tables that it prints are those of docs/templates.md.
"""

import collections
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import ml_expected
import s3_expected

# What scanners find and the products do on purpose, or what a scanner gets wrong.
LOGGING = "access logs need a second bucket, which belongs to the account and not to each stack. CloudTrail data events record the same requests, with more detail"
VERSIONING = "the config sets versioning. In ML it is always on"
TOPIC = "with the AWS-managed key of SNS, CloudWatch cannot send alarms to the topic. The tier enterprise adds a key of its own"
ACCEPTED = {
    "CKV_AWS_18": LOGGING,
    "CKV_AWS_21": VERSIONING,
    "CKV_AWS_26": TOPIC,
    "CKV_AWS_7": "the config sets rotation. It is on by default",
    "CFN_NO_EXPLICIT_RESOURCE_NAMES": "the products guarantee names, and the operator's policy is limited to them",
    "CODEBUILD_ENCRYPTION_KEY_RULE": "CodeBuild encrypts with the AWS-managed key of S3. The tier enterprise adds a key of its own",
    "CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK": "a false alarm: the rule fails if a variable has no type. No variable holds a secret",
    "EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE": "port 443 only. Builds call services for which the stack creates no endpoint",
    "IAM_NO_INLINE_POLICY_CHECK": "each policy belongs to one role, and is deleted with it",
    "IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE": "only for actions without resource-level permissions. The contract test lists them",
    "S3_BUCKET_DEFAULT_LOCK_ENABLED": "an object lock stops lifecycle rules and `tear-down` from deleting objects",
    "S3_BUCKET_LOGGING_ENABLED": LOGGING,
    "S3_BUCKET_NO_PUBLIC_RW_ACL": "a false alarm: the rule fails without an ACL. The bucket disables ACLs (`BucketOwnerEnforced`)",
    "S3_BUCKET_REPLICATION_ENABLED": "a second region doubles the cost, and data residency rules may forbid it",
    "S3_BUCKET_SSL_REQUESTS_ONLY": "a false alarm: the rule requires the boolean `false`, and IAM uses the string. The policy has the statement",
    "S3_BUCKET_VERSIONING_ENABLED": VERSIONING,
    "SNS_ENCRYPTED_KMS": TOPIC,
}


def samples(root):
    """The first template of each kind, of each kind's partitions, and without rotation of the key."""
    chosen = {}
    for path in sorted((root / "ml" / "configs").glob("*.yaml")):
        expected = ml_expected.Expected(path)
        template = root / "ml" / "templates" / expected.template
        chosen.setdefault((expected.tier, expected.codecommit, expected.mode), template)
        chosen.setdefault((expected.tier, expected.partition, expected.rotation), template)
    for path in sorted((root / "s3" / "configs").glob("*.yaml")):
        expected = s3_expected.Expected(path)
        template = root / "s3" / "templates" / expected.template
        chosen.setdefault((expected.lifecycle, expected.versioning, expected.vpc is not None), template)
        chosen.setdefault((expected.partition, expected.vpc is not None), template)
    return sorted(set(chosen.values()))


def output_of(command):
    # Findings end these programs with a failure; only their output tells them from a real one.
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LOG_LEVEL": "ERROR"})
    if not result.stdout.strip():
        raise SystemExit(f"{command[0]} said nothing: {result.stderr}")
    return result.stdout


def checkov(program, templates):
    command = [program, "--framework", "cloudformation", "--skip-download", "--output", "json", "--quiet"]
    report = json.loads(output_of([*command, *(word for path in templates for word in ("--file", str(path)))]))
    summary = report["summary"]
    assert summary["passed"] and not summary["parsing_errors"], summary
    found = collections.Counter(finding["check_id"] for finding in report["results"]["failed_checks"])
    return f"checkov {summary['checkov_version']}", f"{summary['passed']} checks passed", found


def guard(program, rules, templates):
    command = [program, "validate", "--rules", rules, "--type", "CFNTemplate", "--output-format", "json", "--structured"]
    files = [word for path in templates for word in ("--data", str(path))]
    reports = json.loads(output_of([*command, "--show-summary", "none", *files]))
    assert len(reports) == len(templates), "some template was not judged"
    found = collections.Counter(rule["Rule"]["name"] for report in reports for rule in report["not_compliant"])
    passed = sum(len(report["compliant"]) for report in reports)
    return output_of([program, "--version"]).strip(), f"{passed} rules kept", found


def main(root, rules=None):
    templates = samples(root)
    results = []
    if program := shutil.which("checkov"):
        results.append(checkov(program, templates))
    if rules and (program := shutil.which("cfn-guard")):
        results.append(guard(program, rules, templates))
    for scanner, passed, found in results:
        print(f"{scanner}: {len(templates)} templates, {passed}, {sum(found.values())} not\n\n| rule | times | why it is accepted |\n|---|---|---|")
        for rule, times in sorted(found.items()):
            print(f"| `{rule}` | {times} | {ACCEPTED.get(rule, '**not accepted**')} |")
        print()
    unexpected = {rule for _, _, found in results for rule in found} - ACCEPTED.keys()
    return 1 if unexpected or not results else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
