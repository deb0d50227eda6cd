#!/usr/bin/env python3
"""Asks scanners of others about the rendered templates. `make lint-templates` runs it with checkov.

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
LOGGING = "access logs need a second bucket, which belongs to the account and not to each stack; CloudTrail data events record the same and more"
VERSIONING = "versioning is a choice of the config, and always on in ML"
TOPIC = "without a key of its own a topic gets no message from an alarm: the AWS-managed key of SNS does not let CloudWatch use it. Enterprise has a key"
ACCEPTED = {
    "CKV_AWS_18": LOGGING,
    "CKV_AWS_21": VERSIONING,
    "CKV_AWS_26": TOPIC,
    "CKV_AWS_7": "rotation is a choice of the config, and on unless it says otherwise",
    "CFN_NO_EXPLICIT_RESOURCE_NAMES": "names are what the products promise, and what the operator's policy is limited to",
    "CODEBUILD_ENCRYPTION_KEY_RULE": "CodeBuild then encrypts with the AWS-managed key of S3. A key of its own is what enterprise adds",
    "CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK": "a false alarm: the rule fails where a variable does not name its type. No variable holds a secret",
    "EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE": "port 443 only. Builds call services for which the stack makes no endpoint",
    "IAM_NO_INLINE_POLICY_CHECK": "each policy is for one role alone, and ends with it",
    "IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE": "only for actions that know no resource; the contract test lists them",
    "S3_BUCKET_DEFAULT_LOCK_ENABLED": "a lock forbids what lifecycle rules and `tear-down` are for",
    "S3_BUCKET_LOGGING_ENABLED": LOGGING,
    "S3_BUCKET_NO_PUBLIC_RW_ACL": "a false alarm: the rule fails where there is no ACL. Owners are enforced, so none has an effect",
    "S3_BUCKET_REPLICATION_ENABLED": "a second region doubles the cost and may not be allowed to hold the data",
    "S3_BUCKET_SSL_REQUESTS_ONLY": "a false alarm: the rule asks for the boolean `false`, and IAM's own form is the string. The statement is there",
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
