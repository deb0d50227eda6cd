#!/usr/bin/env python3
"""Prints a CI/CD component as GitLab reads it: with its inputs filled in, without its header.

    interpolate.py TEMPLATE NAME=VALUE...       values are YAML; the other inputs have their defaults
"""

import json
import re
import sys

import yaml

INPUT = re.compile(r"\$\[\[ inputs\.([\w-]+) \]\]")


def filled(node, values):
    if isinstance(node, dict):
        return {filled(key, values): filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(item, values) for item in node]
    if not isinstance(node, str):
        return node
    # An input alone keeps its type.
    if whole := INPUT.fullmatch(node):
        return values[whole[1]]
    return INPUT.sub(lambda match: str(values[match[1]]), node)


def main():
    template, *given = sys.argv[1:]
    with open(template, encoding="utf-8") as file:
        header, jobs = yaml.safe_load_all(file)
    values = {name: entry.get("default") for name, entry in header["spec"]["inputs"].items()}
    values |= {name: yaml.safe_load(value) for name, value in (pair.split("=", 1) for pair in given)}
    if missing := [name for name, value in values.items() if value is None]:
        sys.exit(f"error: no value for {', '.join(missing)}")
    print(json.dumps(filled(jobs, values), indent=2))


main()
