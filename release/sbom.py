#!/usr/bin/env python3
"""Prints the CycloneDX 1.6 bill of materials of a target: the crates that its binary is built from.

    release/sbom.py TARGET [--binary PATH]

With --binary, it fails if the list that cargo-auditable wrote into that binary lacks one of them.
"""

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
import zlib


def output(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def crates(target, edges):
    """Names and versions, by the features that the build really has."""
    options = ["--locked", "--target", target, "--edges", edges, "--prefix", "none", "--format", "{p}"]
    lines = output("cargo", "tree", *options).decode().splitlines()
    return {tuple(re.match(r"(\S+) v(\S+)", line).groups()) for line in lines if line}


def bill(target):
    linked = crates(target, "normal")
    built = crates(target, "normal,build")
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {package["id"]: package for package in metadata["packages"]}
    with open("Cargo.lock", "rb") as file:
        sums = {(entry["name"], entry["version"]): entry.get("checksum") for entry in tomllib.load(file)["package"]}
    key = lambda package: (package["name"], package["version"])
    purl = lambda package: "pkg:cargo/{}@{}".format(*key(package))

    def component(package):
        entry = {
            "type": "library",
            "bom-ref": purl(package),
            "name": package["name"],
            "version": package["version"],
            # A crate that only builds others is not in the binary.
            "scope": "required" if key(package) in linked else "excluded",
            "purl": purl(package),
        }
        if package["license"]:
            entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        if sums.get(key(package)):
            entry["hashes"] = [{"alg": "SHA-256", "content": sums[key(package)]}]
        return entry

    nodes = {}
    for node in metadata["resolve"]["nodes"]:
        package = packages[node["id"]]
        if key(package) in built:
            wanted = [dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
            nodes[node["id"]] = sorted(purl(packages[dep]) for dep in wanted if key(packages[dep]) in built)
    root = packages[metadata["resolve"]["root"]]
    application = component(root) | {"type": "application"}
    components = sorted((component(packages[id]) for id in nodes if id != root["id"]), key=lambda entry: entry["purl"])
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": application,
            "properties": [{"name": "provisioner:target", "value": target}],
        },
        "components": components,
        "dependencies": [
            {"ref": purl(packages[id]), "dependsOn": depends}
            for id, depends in sorted(nodes.items(), key=lambda item: purl(packages[item[0]]))
        ],
    }
    # The same contents have the same serial number.
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True)).urn
    return document


def embedded(binary):
    """Names and versions of the section that cargo-auditable writes: JSON, compressed."""
    section = output("objcopy", "-O", "binary", "--only-section=.dep-v0", "--set-section-flags", ".dep-v0=alloc", binary, "/dev/stdout")
    packages = json.loads(zlib.decompress(section))["packages"]
    return {(package["name"], package["version"]) for package in packages}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--binary")
    arguments = parser.parse_args()
    document = bill(arguments.target)
    if arguments.binary:
        listed = {(entry["name"], entry["version"]) for entry in document["components"]}
        listed.add((document["metadata"]["component"]["name"], document["metadata"]["component"]["version"]))
        # cargo-auditable also lists crates of features that are off; the bill follows the features of this build.
        absent = sorted(listed - embedded(arguments.binary))
        if absent:
            sys.exit(f"error: the binary does not list crates of its bill of materials: {absent}")
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
