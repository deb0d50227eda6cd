#!/usr/bin/env python3
"""Checks the links of a built site.

    links.py FOLDER [--external FILE]
    links.py --self-test

- Every link and anchor within the site leads to something.
- Every page can be reached from the start page by links.
- No page loads anything from elsewhere: scripts, styles, fonts, images.
- No id is in a page twice.

Links to other sites are not fetched; `--external` lists them with the pages that have them. Each problem is printed. The last line is
`N passed, M failed`, and the exit code is 1 if any failed.
"""

import argparse
import posixpath
import re
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that load what they name, rather than lead to it.
LOADING = {"src", "srcset", "poster", "data"}
URL_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads = [], [], []
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.in_style = tag == "style"
        for name, value in attributes:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.append(value)
            elif name == "href" and tag in ("a", "area"):
                self.links.append(value)
            elif name == "href" and tag != "base":
                self.loads.append(value)
            elif name in LOADING:
                self.loads += [part.split()[0] for part in value.split(",")] if name == "srcset" else [value]
            elif name == "style":
                self.loads += urls_of_style(value)

    def handle_data(self, data):
        if self.in_style:
            self.loads += urls_of_style(data)

    def handle_endtag(self, tag):
        self.in_style = False


def urls_of_style(text):
    return [first or second for first, second in URL_IN_STYLE.findall(text)]


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.pages = {}
        for file in sorted(folder.rglob("*.html")):
            self.pages[file.relative_to(folder).as_posix()] = Page(file.read_text())
        self.problems, self.checked, self.external = [], 0, {}

    def resolve(self, page, link):
        """The file and the anchor that a link of a page names. None for one that leads out of the site."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return None
        path = unquote(parts.path)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        if (self.folder / file).is_dir():
            file = posixpath.join(file, "index.html")
        return file, unquote(parts.fragment)

    def check_links(self, page):
        for link in self.pages[page].links:
            found = self.resolve(page, link)
            if found is None:
                self.external.setdefault(link, set()).add(page)
                continue
            self.checked += 1
            file, anchor = found
            if file.startswith("../") or not (self.folder / file).is_file():
                self.problems.append(f"{page}: no such file: {link}")
            elif anchor and file in self.pages and anchor not in self.pages[file].ids:
                self.problems.append(f"{page}: no such anchor: {link}")

    def check_loads(self, name, loads):
        for load in loads:
            self.checked += 1
            if load.startswith("data:") or load.startswith("#"):
                continue
            found = self.resolve(name, load)
            if found is None:
                self.problems.append(f"{name}: loads from elsewhere: {load}")
            elif not (self.folder / found[0]).is_file():
                self.problems.append(f"{name}: no such file: {load}")

    def check_reach(self):
        """404.html is shown for what is missing, and toc.html within pages."""
        reached, waiting = {"404.html", "toc.html"}, ["index.html"]
        while waiting:
            page = waiting.pop()
            if page in reached or page not in self.pages:
                continue
            reached.add(page)
            # The contents are on every page.
            links = self.pages[page].links + (self.pages["toc.html"].links if "toc.html" in self.pages else [])
            for link in links:
                found = self.resolve(page if link in self.pages[page].links else "toc.html", link)
                waiting += [found[0]] if found else []
        for page in self.pages:
            self.checked += 1
            if page not in reached:
                self.problems.append(f"{page}: no link leads to this page")

    def check(self):
        for page, content in self.pages.items():
            self.check_links(page)
            self.check_loads(page, content.loads)
            for twice in sorted({name for name in content.ids if content.ids.count(name) > 1}):
                self.problems.append(f"{page}: an id is used twice: {twice}")
        for file in sorted(self.folder.rglob("*.css")):
            self.check_loads(file.relative_to(self.folder).as_posix(), urls_of_style(file.read_text()))
        self.check_reach()
        return self.problems


def self_test():
    page = '<p id="top"><a href="b.html#there">b</a> <a href="codes/">codes</a> <a href="https://example.org/">out</a></p>'
    sound = {
        "index.html": page,
        "b.html": '<h2 id="there">There</h2><img src="x.svg"><a href="#there">here</a>',
        "codes/index.html": '<a href="../index.html#top">up</a>',
        "x.svg": "<svg/>",
        "a.css": "body { background: url(x.svg) }",
    }
    cases = [
        ({}, []),
        ({"b.html": "<h2>There</h2>"}, ["index.html: no such anchor: b.html#there"]),
        ({"b.html": None}, ["index.html: no such file: b.html#there"]),
        ({"codes/index.html": '<a href="../../index.html">up</a>'}, ["codes/index.html: no such file: ../../index.html"]),
        ({"alone.html": "<p>alone</p>"}, ["alone.html: no link leads to this page"]),
        ({"x.svg": None}, ["b.html: no such file: x.svg", "a.css: no such file: x.svg"]),
        ({"a.css": "@import 'https://example.org/a.css';"}, ["a.css: loads from elsewhere: https://example.org/a.css"]),
        (
            {"b.html": '<b id="there"></b><script src="//example.org/a.js"></script>'},
            ["b.html: loads from elsewhere: //example.org/a.js"],
        ),
        ({"b.html": '<b id="there"></b><link href="no.css">'}, ["b.html: no such file: no.css"]),
        ({"b.html": '<b id="there"></b><i id="there"></i>'}, ["b.html: an id is used twice: there"]),
        ({"b.html": '<b id="there"></b><style>b { background: url("no.png") }</style>'}, ["b.html: no such file: no.png"]),
    ]
    failed = 0
    for changes, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (sound | changes).items():
                file = Path(folder, name)
                file.parent.mkdir(exist_ok=True)
                if text is not None:
                    file.write_text(text)
            problems = Site(Path(folder)).check()
        if problems != expected:
            failed += 1
            print(f"failed: {changes}: {problems}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return bool(failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--external", type=Path, metavar="FILE")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    if not arguments.folder or not (arguments.folder / "index.html").is_file():
        parser.error("FOLDER must be a built site")
    site = Site(arguments.folder)
    problems = site.check()
    for problem in problems:
        print(problem)
    if arguments.external:
        lines = [f"{link}  {' '.join(sorted(pages))}\n" for link, pages in sorted(site.external.items())]
        arguments.external.write_text("".join(lines))
    print(f"{len(site.pages)} pages, {len(site.external)} links to other sites (not fetched)")
    print(f"{site.checked - len(problems)} passed, {len(problems)} failed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
