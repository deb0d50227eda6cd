"""Reads rendered templates, and holds them to what is true of those of any product."""

import json
import re

from cfnlint import api
from cfnlint.config import ManualArgs
from cfnlint.decode import cfn_yaml

from policies import listed

# CloudFormation takes a template of this size in a request, and a bigger one from a bucket.
IN_A_REQUEST, AT_ALL = 51_200, 1_000_000
# Tags stand at every resource, so as many as a config may have fill most of a request.
FEW_TAGS = 7


def same(what, actual, wanted):
    if actual != wanted:
        yield f"{what}: {actual!r}, expected {wanted!r}"


def plain(node):
    """The nodes of cfn-lint's loader as plain values."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def load(path):
    return plain(cfn_yaml.load(str(path)))


def compact(template):
    """As it is sent where it would be too long as it is written."""
    return json.dumps(template, ensure_ascii=False, separators=(",", ":")).encode()


def by_type(resources):
    found = {}
    for name, resource in resources.items():
        found.setdefault(resource["Type"], []).append(name)
    return found


def tag_map(entries):
    keys = [entry["Key"] for entry in entries]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a tag appears twice: {keys}")
    return {entry["Key"]: entry["Value"] for entry in entries}


def written_out(value, known):
    """A text, or a list of some, with its intrinsic functions evaluated."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, list(parts)]}:
            return separator.join(written_out(part, known) for part in parts)
        # Of a list that AWS looks up nothing is known but where.
        case {"Fn::Join": [_, looked_up]}:
            return written_out(looked_up, known)
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return known[f"{name}.{attribute}"]
        case {"Fn::Split": [separator, text]}:
            return written_out(text, known).split(separator)
        case {"Fn::Select": [index, list(parts)]}:
            return written_out(parts[int(index)], known)
        case {"Fn::Select": [index, parts]}:
            return written_out(parts, known)[int(index)]
    raise ValueError(f"not evaluated here: {value}")


def evaluated(node, known):
    if isinstance(node, dict) and len(node) == 1 and re.match("Ref$|Fn::", next(iter(node))):
        return written_out(node, known)
    if isinstance(node, dict):
        return {key: evaluated(value, known) for key, value in node.items()}
    if isinstance(node, list):
        return [evaluated(value, known) for value in node]
    return node


def references(node):
    """The names that a part of a template refers to."""
    match node:
        case {"Ref": name} | {"Fn::GetAtt": [name, _]} if len(node) == 1:
            yield name
        case dict():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)


def waits_for(resources):
    """What each resource waits for, as far as references and DependsOn say it."""
    return {
        name: {*references(resource), *listed(resource.get("DependsOn", []))} & resources.keys()
        for name, resource in resources.items()
    }


def circles(edges):
    """Resources that wait for themselves, by way of others or not."""
    left = {name: set(wanted) for name, wanted in edges.items()}
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def check_any(template, sections=frozenset()):
    """What CloudFormation asks of every template, and this project of every one it makes."""
    resources = template["Resources"]
    for name in resources:
        assert re.fullmatch("[A-Z][A-Za-z0-9]{0,254}", name), f"logical id {name}"
    yield from same("sections", set(template), {"AWSTemplateFormatVersion", "Description", "Resources", "Outputs", *sections})
    yield from same("resources in a circle", circles(waits_for(resources)), [])
    if len(template["Description"].encode()) > 1024:
        yield "the description is longer than 1,024 bytes"
    if len(resources) > 500:
        yield f"{len(resources)} resources, CloudFormation takes 500"


def hardened(bucket, encryption):
    """The bucket's settings without which its contents would be open to more than its account."""
    wanted = {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
        ),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
    }
    yield from same("hardened bucket", {key: bucket.pop(key, None) for key in wanted}, wanted)


# Its registry lists no such type there, nor does the program: it warns.
LACKING = {("E3006", region) for region in ("cn-north-1", "cn-northwest-1")}


def lint(path, region):
    # Informational rules as well, experimental ones not.
    matches = api.lint_file(path, config=ManualArgs(regions=[region], include_checks=["I"]))
    return [f"cfn-lint {m.rule.id} at line {m.linenumber}: {m.message}" for m in matches if (m.rule.id, region) not in LACKING]
