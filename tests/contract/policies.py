"""Reads IAM policies as AWS does, as far as this project's need it."""

import fnmatch
import json
import re

# The most characters of a managed policy, and of the policies inside one role together.
MANAGED, INLINE = 6_144, 10_240


def partition_of(region):
    """The part of AWS that a region is of, which its ARNs name."""
    return {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.get(re.match("cn-|us-gov-|", region)[0], "aws")


def listed(value):
    return value if isinstance(value, list) else [value]


def applies(statement, action, resource, context):
    """Whether a policy statement matches a call. A key missing from `context` is absent from the call."""

    def matches(patterns, value):
        return any(fnmatch.fnmatchcase(value, pattern.replace("[", "[[]")) for pattern in listed(patterns))

    # AWS writes actions in either case, which counts where one has a wildcard.
    if not matches([pattern.lower() for pattern in listed(statement["Action"])], action.lower()):
        return False
    if "NotResource" in statement:
        if matches(statement["NotResource"], resource):
            return False
    elif not matches(statement["Resource"], resource):
        return False
    for operator, wanted in statement.get("Condition", {}).items():
        for key, values in wanted.items():
            actual = context.get(key)
            if operator.endswith("IfExists") and actual is None:
                continue
            match operator.removesuffix("IfExists"):
                case "StringNotEquals":
                    holds = actual not in listed(values)
                case "StringLike":
                    holds = actual is not None and matches(values, actual)
                case "StringEquals" | "ForAnyValue:StringEquals" | "Bool" | "ArnEquals":
                    holds = actual is not None and actual in listed(values)
                case unknown:
                    raise ValueError(f"condition operator {unknown} is unknown here")
            if not holds:
                return False
    return True


def said_of(statements, principal):
    """The statements about a principal: `{"Service": …}`, `{"AWS": …}`, or all that are about everyone."""
    return [statement for statement in statements if statement["Principal"] in (principal, "*")]


def granted(statements, action, resource, context):
    """Whether statements of which none denies allow a call."""
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return any(applies(statement, action, resource, context) for statement in statements)


def size_of(text):
    """IAM counts all characters but blanks."""
    return len(re.sub(r"\s", "", text))


def load(path, most):
    """The statements of an operator's policy."""
    text = path.read_text(encoding="utf-8")
    if size_of(text) > most:
        raise ValueError(f"policy: {size_of(text)} characters, expected {most} at most")
    return json.loads(text)["Statement"]
