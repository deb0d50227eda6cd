#!/usr/bin/env python3
"""A preprocessor of mdbook for this repository's pages.

- A page outside of docs/ gets a place in the book, and its links follow.
- A link to another file of the repository leads to that file, at the version's tag.
- docs/diagnostics.md becomes an index with one page for each code, which lists the pages that mention the code.

    preprocess.py supports RENDERER
    preprocess.py < BOOK > BOOK
    preprocess.py --self-test
"""

import json
import posixpath
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIAGNOSTICS = "docs/diagnostics.md"

# Pages outside of docs/, by their paths in the repository, and their paths in the book. `security.md` is taken.
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "vulnerabilities.md",
}

FENCE = re.compile(r"^(```+)[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))|(?<=\ssrc=\")[^\"]+|(?<=\ssrcset=\")[^\"]+")


def book_path(file):
    """The path in the book of a page of the repository. None if the file is not a page."""
    if file in OUTSIDE:
        return OUTSIDE[file]
    inside = file.removeprefix("docs/")
    return inside if inside != file and "/" not in inside and file.endswith(".md") else None


def outside_code(text, change):
    """Applies a change to the parts of a page that are not code."""
    parts, end = [], 0
    code = sorted([match.span() for match in FENCE.finditer(text)])
    for match in CODE_SPAN.finditer(text):
        if not any(start < match.end() and match.start() < stop for start, stop in code):
            code.append(match.span())
    # A link may have a code span as its text, so only the targets within code stay.
    for start, stop in sorted(code):
        parts += [change(text[end:start]), text[start:stop]]
        end = stop
    return "".join(parts) + change(text[end:])


class Links:
    """Links of pages as they are in the book."""

    def __init__(self, root, repository, version, codes):
        self.root = root
        self.files = f"{repository}/blob/v{version}"
        self.folders = f"{repository}/tree/v{version}"
        self.codes = codes

    def target(self, file, target):
        """A target in a page of the repository, as it is in the book."""
        if target.startswith(("#", "/")) or re.match(r"[a-z][a-z0-9+.-]*:", target):
            return target
        path, hash_mark, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        # Pages of the book lie in one folder.
        if path == DIAGNOSTICS and anchor in self.codes:
            return f"codes/{anchor}.md"
        if book_path(path):
            return book_path(path) + hash_mark + anchor
        place = self.root / path
        if not place.exists():
            raise ValueError(f"{file}: a link to a missing file: {target}")
        if path.startswith("docs/") and place.is_file():
            return path.removeprefix("docs/")
        return f"{self.folders if place.is_dir() else self.files}/{path}{hash_mark}{anchor}"

    def page(self, file, text):
        return outside_code(text, lambda part: LINK.sub(lambda match: self.target(file, match[0]), part))


def sections_of(text):
    """The sections of docs/diagnostics.md: title, and of each code the code and its paragraphs."""
    sections = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        codes = []
        for entry in re.split(r"^### ", body, flags=re.MULTILINE)[1:]:
            code, *paragraphs = entry.strip().split("\n\n")
            codes.append((code, paragraphs))
        sections.append((title, codes))
    return sections


def first_sentence(text):
    return re.split(r"(?<=\.) ", text, maxsplit=1)[0]


def index_of(introduction, sections):
    """The page of all codes. The anchors are those of docs/diagnostics.md."""
    lines = [introduction.strip(), ""]
    for title, codes in sections:
        lines += [f"## {title}", "", "| code | meaning |", "|---|---|"]
        for code, paragraphs in codes:
            meaning = first_sentence(paragraphs[0]).replace("|", "\\|")
            lines.append(f'| <a id="{code}" href="codes/{code}.html"><code>{code}</code></a> | {meaning} |')
        lines.append("")
    return "\n".join(lines)


def code_page(code, paragraphs, mentions):
    """The page of one code."""
    meaning, *remedy = paragraphs
    lines = [f"# {code}", "", meaning, ""]
    for paragraph in remedy:
        lines += ["## What to do", "", paragraph.removeprefix("To clear it: "), ""]
    if mentions:
        lines += ["## Where it is described", ""]
        lines += [f"- [{name}](../{path})" for name, path in mentions] + [""]
    lines.append(f"`provisioner explain {code}` prints the same. See [all codes](../diagnostics.md).")
    return "\n".join(lines) + "\n"


def chapters_of(items):
    for item in items:
        if "Chapter" in item:
            yield item["Chapter"]
            yield from chapters_of(item["Chapter"]["sub_items"])


def preprocess(book, root, repository, version):
    chapters = list(chapters_of(book["items"]))
    files = {}
    for chapter in chapters:
        file = posixpath.normpath(posixpath.join("docs", chapter["source_path"]))
        chapter["path"] = chapter["source_path"] = book_path(file)
        files[file] = chapter
    pages = {path.relative_to(root).as_posix() for path in (root / "docs").glob("*.md")} - {"docs/SUMMARY.md"}
    if missing := pages - files.keys():
        raise SystemExit(f"error: docs/SUMMARY.md does not list {', '.join(sorted(missing))}")
    diagnostics = files[DIAGNOSTICS]
    introduction, _, _ = diagnostics["content"].partition("\n## ")
    sections = sections_of(diagnostics["content"])
    codes = {code: paragraphs for _, entries in sections for code, paragraphs in entries}
    for file, chapter in files.items():
        if chapter is not diagnostics:
            chapter["content"] = Links(root, repository, version, codes).page(file, chapter["content"])
    diagnostics["content"] = index_of(introduction, sections)
    for code, paragraphs in codes.items():
        mentions = [
            (chapter["name"], chapter["path"])
            for chapter in files.values()
            if f"`{code}`" in chapter["content"] and chapter["path"] != "changelog.md"
        ]
        path = f"codes/{code}.md"
        chapter = {
            "name": code,
            "content": code_page(code, paragraphs, mentions),
            "number": None,
            "sub_items": [],
            "path": path,
            "source_path": None,
            "parent_names": [diagnostics["name"]],
        }
        diagnostics["sub_items"].append({"Chapter": chapter})
    return book


def self_test():
    links = Links(ROOT, "https://forge.example/a/b", "1.2.3", {"wrong-file-name"})
    at = "https://forge.example/a/b"
    cases = [
        ("docs/check.md", "policy.md#repair", "policy.md#repair"),
        ("docs/check.md", "../README.md", "index.md"),
        ("docs/security.md", "../SECURITY.md", "vulnerabilities.md"),
        ("README.md", "docs/check.md", "check.md"),
        ("README.md", "LICENSE", f"{at}/blob/v1.2.3/LICENSE"),
        ("docs/check.md", "../examples/workflows", f"{at}/tree/v1.2.3/examples/workflows"),
        ("docs/json.md", "schemas/code-list.schema.json", "schemas/code-list.schema.json"),
        ("docs/check.md", "diagnostics.md#wrong-file-name", "codes/wrong-file-name.md"),
        ("docs/check.md", "diagnostics.md#engine", "diagnostics.md#engine"),
        ("docs/check.md", "https://example.org/x.md", "https://example.org/x.md"),
        ("docs/check.md", "#which-configs-are-checked", "#which-configs-are-checked"),
    ]
    failed = [case for case in cases if links.target(case[0], case[1]) != case[2]]
    try:
        links.target("docs/check.md", "no-such.txt")
        failed.append("a link to a missing file was accepted")
    except ValueError:
        pass
    page = "[a](docs/check.md) [`b`](LICENSE) `[c](docs/check.md)`\n```text\n[d](docs/check.md)\n```\n"
    expected = f"[a](check.md) [`b`]({at}/blob/v1.2.3/LICENSE) `[c](docs/check.md)`\n```text\n[d](docs/check.md)\n```\n"
    if links.page("README.md", page) != expected:
        failed.append(links.page("README.md", page))
    image = '<source srcset="docs/json.md"><img alt="x" src="docs/json.md">'
    if links.page("README.md", image) != image.replace("docs/", ""):
        failed.append(links.page("README.md", image))
    sections = sections_of("# D\n\n## Engine\n\n### a-b\n\nOne | two. Three.\n\nDo.\n\n## Product s3\n\n### s3-c\n\nAn error.\n")
    if sections != [("Engine", [("a-b", ["One | two. Three.", "Do."])]), ("Product s3", [("s3-c", ["An error."])])]:
        failed.append(sections)
    if '<a id="a-b" href="codes/a-b.html"><code>a-b</code></a> | One \\| two. |' not in index_of("# D", sections):
        failed.append(index_of("# D", sections))
    for case in failed:
        print(f"failed: {case}")
    print(f"{len(cases) + 5 - len(failed)} passed, {len(failed)} failed")
    return bool(failed)


def main():
    match sys.argv[1:]:
        case ["--self-test"]:
            return self_test()
        case ["supports", renderer]:
            return renderer != "html"
    _, book = json.load(sys.stdin)
    package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    json.dump(preprocess(book, ROOT, package["repository"], package["version"]), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
