#!/usr/bin/env python3
"""Proof of the built-in products over a matrix of configs.

    matrix.py generate DIR   write configs to DIR/<product>/configs/
    matrix.py check DIR      check what was rendered from them into
                             DIR/<product>/templates/ and DIR/<product>/policies/, and what test deployments of them
                             send, in DIR/<product>/trials/

Rendering comes in between and is not done here, nor is recording (trials.py). `check` lints every template with cfn-lint and
compares it with what the config asks for. That expectation is computed here, from the documented
behaviour and never from the template sources, so that a slip in one does not hide in the other.

Needs Python 3.11 and cfn-lint 1.51.
"""

import json
import multiprocessing
import re
import sys
from pathlib import Path

import yaml

import ml_configs, ml_expected, ml_policy, ml_template
import s3_configs, s3_expected, s3_policy, s3_template
from policies import INLINE, MANAGED, size_of
from templates import FEW_TAGS, IN_A_REQUEST, compact, lint
from trial_templates import check_all, check_trial

PRODUCTS = {
    "ml": (ml_configs.configs, ml_expected.Expected, ml_template.check_template, ml_policy.check_policy),
    "s3": (s3_configs.configs, s3_expected.Expected, s3_template.check_template, s3_policy.check_policy),
}


def write_yaml(value, indent=0):
    """Block YAML in which every string is quoted, and every key that needs it, so that each version of YAML reads the same."""
    lines = []
    for key, item in value.items():
        plain = re.fullmatch("[a-z][a-z0-9_]+", key) and yaml.safe_load(key) == key
        key = key if plain else json.dumps(key, ensure_ascii=False)
        if isinstance(item, dict) and item:
            lines += ["  " * indent + f"{key}:", *write_yaml(item, indent + 1)]
        else:
            lines.append("  " * indent + f"{key}: {json.dumps(item, ensure_ascii=False)}")
    return lines


def generate(root):
    for product, (configs, *_) in PRODUCTS.items():
        target = root / product / "configs"
        target.mkdir(parents=True, exist_ok=True)
        written = set()
        for name, config in configs():
            text = "\n".join(write_yaml(config)) + "\n"
            assert yaml.safe_load(text) == config, name
            assert name not in written, name
            (target / f"{name}.yaml").write_text(text, encoding="utf-8")
            written.add(name)
        print(f"{len(written)} configs in {target}")
    return 0


def check_one(job):
    product, config = job
    _, read, check_template, check_policy = PRODUCTS[product]
    findings, size = [], (0, 0, 0)
    try:
        expected = read(config)
        template = config.parent.parent / "templates" / expected.template
        policy = config.parent.parent / "policies" / expected.policy
        few_tags = len(expected.tags) <= FEW_TAGS
        body = template_at(template)
        size = len(compact(body)) * few_tags, len(compact(body)), size_of(policy.read_text(encoding="utf-8"))
        if {"ml": ml_configs, "s3": s3_configs}[product].is_linted(config.stem):
            findings += lint(template, expected.region)
        findings += check_template(template, expected)
        findings += check_policy(policy, expected)
        findings += check_tests(config.parent.parent / "trials" / config.stem, body)
    except Exception as error:  # A check that cannot be made has failed.
        findings.append(f"{type(error).__name__}: {error}")
    return config.stem, findings, size


def template_at(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def check_tests(folder, body):
    """Every config can be tested, as long as its template fits into a request: a test has no bucket to send it from."""
    tests = sorted(folder.glob("*.yaml"))
    if len(tests) > 1 or (not tests and len(compact(body)) < IN_A_REQUEST * 0.9):
        yield f"{len(tests)} templates of tests"
    for test in tests:
        yield from (f"of a test: {finding}" for finding in check_trial(test.stem, template_at(test), body))


def strays(folder, read):
    """What was rendered and belongs to no config."""
    expected = [read(path) for path in (folder / "configs").glob("*.yaml")]
    wanted = {"templates": {e.template for e in expected}, "policies": {e.policy for e in expected}}
    for kind, names in wanted.items():
        yield from sorted(path.name for path in (folder / kind).glob("*") if path.name not in names | {"SHA256SUMS"})


def check(root):
    passed = failed = 0
    for product, (_, read, *_) in PRODUCTS.items():
        jobs = [(product, path) for path in sorted((root / product / "configs").glob("*.yaml"))]
        findings = {name: ["no config belongs to it"] for name in strays(root / product, read)}
        if clashes := list(check_all([(path.stem, template_at(path)) for kind in ("templates/*.yaml", "trials/*/*.yaml") for path in (root / product).glob(kind)])):
            findings[product] = clashes
        sizes = []
        with multiprocessing.Pool() as pool:
            for name, found, size in pool.imap(check_one, jobs, chunksize=8):
                sizes.append(size)
                if found:
                    findings[name] = found
        for name, found in findings.items():
            print("\n".join(f"{name}: {finding}" for finding in found))
        failed += len(findings)
        passed += len(jobs) - len(findings.keys() & {path.stem for _, path in jobs})
        few, all_tags, policy = map(max, zip(*sizes))
        print(f"{product}: templates of up to {few} bytes with up to {FEW_TAGS} tags, {all_tags} with all; a request takes {IN_A_REQUEST}")
        print(f"{product}: policies of up to {policy} characters; a managed policy takes {MANAGED}, a role {INLINE}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main(arguments):
    commands = {"generate": generate, "check": check}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return commands[arguments[0]](Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
