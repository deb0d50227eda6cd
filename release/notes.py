#!/usr/bin/env python3
"""Prints the notes of a release: its section of CHANGELOG.md, and what a new version changes in stacks that exist.

    release/notes.py VERSION --old BINARY --new BINARY --differences FILE

Both binaries render the samples of examples/. FILE gets the differences of all templates in full. Needs cfn-lint, for its schemas of
resource types. Without --old, the notes say that there is no release before.
"""

import argparse
import difflib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from cfnlint.decode import decode_str
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGION = "us-east-1"
# A resource type that the schemas do not have, as of modules and third parties.
UNKNOWN = object()


def render(binary, samples):
    """Templates by product and file, of the configs that this binary can render."""
    templates = {}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for source in sorted(samples.glob("*/configs")):
            shutil.copytree(source, work / source.parent.name / "configs")
            product = source.parent.name
            # Exit code 1: some configs have errors, for an older program does not know every key.
            subprocess.run([binary, "create-prov-template", work / product / "configs"], cwd=work, capture_output=True)
            for file in sorted((work / product / "templates").glob("*-template.y*ml")):
                templates[product, file.name] = file.read_text()
    return templates


def property_paths(old, new, path=()):
    """Places where two properties differ, without the numbers of lists."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) | set(new), key=str):
            yield from property_paths(old.get(key), new.get(key), (*path, key))
    elif json.dumps(old, sort_keys=True, default=str) != json.dumps(new, sort_keys=True, default=str):
        yield path


def fixed_properties(kind):
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    except Exception:
        return UNKNOWN
    # One that is fixed in some cases counts as fixed: the notes may warn too much, and never too little.
    names = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return [tuple(name.split("/")[2:]) for name in names]


def effect(old, new):
    """What an update does to one resource."""
    if old is None:
        return "added"
    if new is None:
        return "deleted"
    if old["Type"] != new["Type"]:
        return "replaced"
    paths = list(property_paths(old.get("Properties") or {}, new.get("Properties") or {}))
    if not paths:
        return None if old == new else "attributes only"
    fixed = fixed_properties(new["Type"])
    if fixed is UNKNOWN:
        return "unknown"
    starts = lambda path, other: path[: len(other)] == other or other[: len(path)] == path
    return "replaced" if any(starts(path, other) for path in paths for other in fixed) else "in place"


def effects(old, new):
    """Resources by effect. Outputs, conditions and texts count as no resource."""
    resources = []
    for text in (old, new):
        template, problems = decode_str(text)
        if problems:
            sys.exit(f"error: a template is not YAML: {problems[0].message}")
        resources.append({name: dict(entry) for name, entry in template["Resources"].items()})
    found = {}
    for name in sorted({*resources[0], *resources[1]}):
        kind = effect(resources[0].get(name), resources[1].get(name))
        if kind:
            found.setdefault(kind, []).append(name)
    return found


def compare(old, new):
    """For each product a list of groups: samples with the same difference, its effects and its text."""
    products = {product: [] for product, _ in new}
    groups = {}
    for (product, file), text in sorted(new.items()):
        before = old.get((product, file))
        if before == text:
            continue
        if before is None:
            products[product].append(([file], None, None))
            continue
        lines = list(difflib.unified_diff(before.splitlines(), text.splitlines(), lineterm="", n=2))[2:]
        # Line numbers and the sample's own names differ where the change is the same.
        names = re.compile(re.escape(file.removesuffix("-template.yaml")))
        same = "\n".join(names.sub("…", line) for line in lines if not line.startswith("@@"))
        key = (product, same)
        if key not in groups:
            groups[key] = ([], effects(before, text), "\n".join(lines))
            products[product].append(groups[key])
        groups[key][0].append(file)
    return products


def worst(found):
    for kind in ("unknown", "replaced", "deleted"):
        if kind in found:
            return kind
    return "in place" if found else "texts only"


def describe(found):
    return "; ".join(f"{kind}: {', '.join(f'`{name}`' for name in names)}" for kind, names in sorted(found.items())) or "no resource"


def template_notes(products, samples):
    lines = ["## Templates of existing configs", ""]
    for product in sorted(products):
        groups = products[product]
        total = sum(1 for name, _ in samples if name == product)
        changed = sum(len(files) for files, _, _ in groups)
        if not groups:
            lines += [f"**`{product}`**: all {total} samples render as before.", ""]
            continue
        lines += [f"**`{product}`**: {changed} of {total} samples render otherwise.", ""]
        lines += ["| samples | update | resources |", "|---|---|---|"]
        for files, found, _ in groups:
            if found is None:
                lines.append(f"| `{files[0]}` | – | the release before cannot render it |")
                continue
            named = f"`{files[0]}`" + (f" and {len(files) - 1} more" if len(files) > 1 else "")
            lines.append(f"| {named} | {worst(found)} | {describe(found)} |")
        lines.append("")
    lines += ["No stack changes by itself: `show-changes` shows what an update of your stack would do.", ""]
    return lines


def changelog(version):
    text = (ROOT / "CHANGELOG.md").read_text()
    match = re.search(rf"^## \[{re.escape(version)}\].*?\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    if not match:
        sys.exit(f"error: no section `## [{version}]` in CHANGELOG.md")
    return match.group(1).strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("version")
    parser.add_argument("--old", type=pathlib.Path)
    parser.add_argument("--new", type=pathlib.Path, required=True)
    parser.add_argument("--samples", type=pathlib.Path, default=ROOT / "examples")
    parser.add_argument("--differences", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    new = render(arguments.new.resolve(), arguments.samples)
    if not new:
        sys.exit(f"error: {arguments.new} rendered no sample")
    lines = [changelog(arguments.version), ""]
    if arguments.old:
        old = render(arguments.old.resolve(), arguments.samples)
        products = compare(old, new)
        lines += template_notes(products, new)
        parts = [
            f"{', '.join(files)}\n{text}\n" for product in sorted(products) for files, _, text in products[product] if text
        ]
        arguments.differences.write_text("\n".join(parts))
    else:
        lines += ["## Templates of existing configs", "", "There is no release before this one.", ""]
        arguments.differences.write_text("")
    print("\n".join(lines))


main()
