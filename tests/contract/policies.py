"""Reads IAM policies as AWS does, as far as this project's need it."""

import functools
import json
import re

# The most characters of a managed policy, and of the policies inside one role together.
MANAGED, INLINE = 6_144, 10_240


def listed(value):
    return value if isinstance(value, list) else [value]


@functools.cache
def _pattern(text):
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in text), re.DOTALL)


def matches(patterns, value):
    """`*` and `?` are IAM's only wildcards."""
    return any(_pattern(pattern).fullmatch(value) for pattern in listed(patterns))


def holds(operator, values, actual):
    """Whether a condition is true of what a call carries under its key, which is None where the call does not carry it."""
    values = [str(value).lower() if isinstance(value, bool) else value for value in listed(values)]
    if "${" in "".join(values):
        raise ValueError(f"policy variables are unknown here: {values}")
    name, if_exists = re.fullmatch("(.+?)(IfExists)?", operator).groups()
    if name == "Null":
        return (actual is None) == (values == ["true"])
    if if_exists and actual is None:
        return True
    if name.startswith("ForAllValues:"):
        return all(holds(name.removeprefix("ForAllValues:"), values, one) for one in listed(actual or []))
    if name.startswith("ForAnyValue:"):
        return any(holds(name.removeprefix("ForAnyValue:"), values, one) for one in listed([] if actual is None else actual))
    match name:
        case "StringEquals" | "ArnEquals" | "Bool":
            found = actual is not None and (matches(values, actual) if name == "ArnEquals" else actual in values)
        case "StringLike" | "ArnLike":
            found = actual is not None and matches(values, actual)
        # A negated operator is true of a call that does not carry the key.
        case "StringNotEquals":
            found = actual not in values
        case "StringNotLike" | "ArnNotLike" | "ArnNotEquals":
            found = actual is None or not matches(values, actual)
        case unknown:
            raise ValueError(f"condition operator {unknown} is unknown here")
    return found


def applies(statement, action, resource, context):
    """Whether a policy statement matches a call. A key missing from `context` is absent from the call."""
    # AWS writes actions in either case, which counts where one has a wildcard.
    named = matches([pattern.lower() for pattern in listed(statement.get("Action", statement.get("NotAction")))], action.lower())
    if named != ("Action" in statement):
        return False
    there = matches(statement.get("Resource", statement.get("NotResource")), resource)
    if there != ("Resource" in statement):
        return False
    return all(
        holds(operator, values, context.get(key))
        for operator, wanted in statement.get("Condition", {}).items()
        for key, values in wanted.items()
    )


def said_of(statements, principal):
    """The statements about a principal: `{"Service": …}`, `{"AWS": …}`, or all that are about everyone."""
    return [statement for statement in statements if statement["Principal"] in (principal, "*")]


def granted(statements, action, resource, context):
    """Whether statements allow a call and none of them denies it."""
    effects = {statement["Effect"] for statement in statements if applies(statement, action, resource, context)}
    return effects == {"Allow"}


def size_of(text):
    """IAM counts all characters but blanks."""
    return len(re.sub(r"\s", "", text))


def load(path, most):
    """The statements of an operator's policy."""
    text = path.read_text(encoding="utf-8")
    if size_of(text) > most:
        raise ValueError(f"policy: {size_of(text)} characters, expected {most} at most")
    return json.loads(text)["Statement"]
