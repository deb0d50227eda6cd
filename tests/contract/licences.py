#!/usr/bin/env python3
"""Holds every locked crate to deny.toml: its licence, where it comes from, and no wildcard requirement of our own.

It reads what `cargo deny` reads and decides as it does, so that the check runs wherever the project builds. What needs the
advisory database is left to `cargo deny`.

    licences.py [--root DIR] [--metadata FILE]
    licences.py --self-test

Each crate that fails is printed with the reason; the last line is `N passed, M failed`. Exit code 1 when any failed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

# How `cargo metadata` and Cargo.lock write the default registry, whatever it is fetched from. Any other has to be allowed by
# name in deny.toml.
DEFAULT_REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"

TOKEN = re.compile(r"\s*(\(|\)|/|[A-Za-z0-9][A-Za-z0-9.:+-]*)")


class BadExpression(ValueError):
    pass


def tokens(expression):
    """Splits an SPDX expression; `/` is the OR that Cargo took before it took SPDX."""
    position, found = 0, []
    expression = expression.strip()
    while position < len(expression):
        match = TOKEN.match(expression, position)
        if not match:
            raise BadExpression(f"cannot read {expression[position:]!r}")
        found.append("OR" if match[1] == "/" else match[1])
        position = match.end()
    return found


def satisfied(expression, allowed):
    """Whether the licences in `allowed` meet the expression. AND binds tighter than OR, WITH tighter than both."""
    rest = tokens(expression)

    def peek():
        return rest[0].upper() if rest else None

    def either():
        value = both()
        while peek() == "OR":
            rest.pop(0)
            right = both()
            value = value or right
        return value

    def both():
        value = one()
        while peek() == "AND":
            rest.pop(0)
            right = one()
            value = value and right
        return value

    def name():
        if peek() in (None, "(", ")", "AND", "OR", "WITH"):
            raise BadExpression("a licence name is missing")
        return rest.pop(0)

    def one():
        if peek() == "(":
            rest.pop(0)
            value = either()
            if peek() != ")":
                raise BadExpression("a closing parenthesis is missing")
            rest.pop(0)
            return value
        licence = name()
        if peek() == "WITH":
            rest.pop(0)
            # An exception only adds permissions, but cargo-deny wants the pair allowed as a pair, and so do we.
            licence = f"{licence} WITH {name()}"
        return licence in allowed

    value = either()
    if rest:
        raise BadExpression(f"{rest[0]!r} is left over")
    return value


def complaints(package, policy, roots):
    """Everything that is wrong with one package, as sentences."""
    licences = policy.get("licenses", {})
    allowed = set(licences.get("allow", []))
    for exception in licences.get("exceptions", []):
        wanted = exception.get("crate") or exception.get("name")
        if wanted == package["name"]:
            allowed |= set(exception["allow"])

    expression = package.get("license")
    if not expression:
        yield "declares no licence expression"
    else:
        try:
            if not satisfied(expression, allowed):
                yield f"licence `{expression}` is not allowed"
        except BadExpression as error:
            yield f"licence `{expression}`: {error}"

    source = package.get("source")
    if source is None:
        if package["id"] not in roots:
            yield "comes from a path outside the workspace"
    elif source != DEFAULT_REGISTRY:
        listed = policy.get("sources", {})
        kind, _, address = source.partition("+")
        key = "allow-git" if kind == "git" else "allow-registry"
        if address.split("?")[0].split("#")[0] not in listed.get(key, []):
            yield f"comes from {source}"

    if package["id"] in roots:
        for dependency in package["dependencies"]:
            if dependency["req"].strip() == "*" and not dependency.get("path"):
                yield f"asks for any version of {dependency['name']}"


def metadata(root):
    # Cargo names itself in $CARGO when it is what started us.
    cargo = os.environ.get("CARGO", "cargo")
    run = subprocess.run(
        [cargo, "metadata", "--locked", "--all-features", "--format-version", "1"],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    if run.returncode != 0:
        sys.exit(f"licences.py: `cargo metadata` ended with {run.returncode}")
    return json.loads(run.stdout)


def self_test():
    """The expression reader, on forms that crates really use and on invalid ones."""
    some = {"MIT", "ISC", "Apache-2.0"}
    table = [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("Unlicense/MIT", True),
        ("Unlicense / MIT", True),
        ("(MIT OR GPL-2.0) AND ISC", True),
        ("(MIT OR GPL-2.0) AND Unicode-3.0", False),
        ("GPL-2.0 OR MIT AND ISC", True),
        ("MIT OR GPL-2.0 AND GPL-3.0", True),
        ("(GPL-2.0 OR MIT) AND GPL-3.0", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", True),
        ("ISC AND (Apache-2.0 OR ISC) AND Apache-2.0 AND MIT", True),
        ("mit", False),
        ("", BadExpression),
        ("MIT OR", BadExpression),
        ("(MIT", BadExpression),
        ("MIT)", BadExpression),
        ("MIT ISC", BadExpression),
        ("MIT; ISC", BadExpression),
        ("WITH MIT", BadExpression),
    ]
    passed = failed = 0
    for expression, wanted in table:
        try:
            got = satisfied(expression, some)
        except BadExpression:
            got = BadExpression
        if got is wanted:
            passed += 1
        else:
            failed += 1
            print(f"{expression!r}: {got}, wanted {wanted}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="where Cargo.toml and deny.toml are")
    parser.add_argument("--metadata", type=Path, help="read this instead of asking cargo")
    parser.add_argument("--self-test", action="store_true", help="check the reader of licence expressions itself")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()

    policy = tomllib.loads((arguments.root / "deny.toml").read_text(encoding="utf-8"))
    found = json.loads(arguments.metadata.read_text(encoding="utf-8")) if arguments.metadata else metadata(arguments.root)
    roots = set(found["workspace_members"])

    passed = failed = 0
    for package in sorted(found["packages"], key=lambda package: (package["name"], package["version"])):
        wrong = list(complaints(package, policy, roots))
        for sentence in wrong:
            print(f"{package['name']} {package['version']}: {sentence}")
        failed += bool(wrong)
        passed += not wrong
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
