"""Reads rules of EventBridge as AWS does: which events they take, and what they hand to a target."""

import json
import re

from policies import listed, matches


def takes(filter_, values):
    """Whether one entry of a pattern's list takes a field, whose values are several where it is an array and none where it is absent."""
    if not isinstance(filter_, dict):
        return filter_ in values
    ((name, wanted),) = filter_.items()
    match name:
        case "exists":
            return bool(values) == wanted
        case "prefix":
            return any(value.startswith(wanted) for value in values)
        case "suffix":
            return any(value.endswith(wanted) for value in values)
        case "wildcard":
            return any(matches(wanted.replace("?", "\\?"), value) for value in values)
        case "equals-ignore-case":
            return any(value.lower() == wanted.lower() for value in values)
        case "anything-but":
            wanted = listed(wanted) if not isinstance(wanted, dict) else wanted
            if isinstance(wanted, dict):
                return bool(values) and not takes(wanted, values)
            return bool(values) and not {*wanted} & {*values}
    raise ValueError(f"the filter {name} is unknown here")


def fires(pattern, event):
    """Whether a rule takes an event."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(fires(one, event) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            if not fires(wanted, event.get(key, {})):
                return False
        elif not any(takes(one, listed(event[key]) if key in event else []) for one in wanted):
            return False
    return True


def handed_over(target, event):
    """The input of a target: JSON that the rule makes from the event."""
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputTransformer" not in target:
        return event
    transformer = target["InputTransformer"]
    values = {name: reached(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}

    def replaced(found):
        quoted, bare = found.groups()
        value = values[quoted or bare]
        # Within quotes the value is part of a text; without them it is a value of its own.
        return f'"{value}"' if quoted else (value if inside_text(transformer["InputTemplate"], found.start()) else json.dumps(value))

    return json.loads(re.sub(r'"<(\w[\w-]*)>"|<(\w[\w-]*)>', replaced, transformer["InputTemplate"]))


def inside_text(template, position):
    return len(re.findall(r'(?<!\\)"', template[:position])) % 2 == 1


def reached(event, path):
    """The value at a path such as `$.detail.name`."""
    assert path.startswith("$."), path
    for key in path[2:].split("."):
        event = event[key]
    return event
