#!/usr/bin/env python3
"""Tests of the release's scripts, with a provisioner that was built already:

    tests/release/run.py BINARY
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "release"
BINARY = pathlib.Path(sys.argv[1]).resolve()
BRANCH = "trunk"
GIT = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com"}


def run(*command, cwd=ROOT, status=0, env=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, env={**os.environ, **(env or {})})
    assert done.returncode == status, f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr if status else done.stdout


def older(folder, edit):
    """A program that renders as this one does, and then edits what it wrote."""
    path = folder / "older"
    script = f"'{BINARY}' \"$@\"\nstatus=$?\ncase $2 in */s3/configs) cd \"${{2%configs}}templates\"; {edit} ;; esac\nexit $status\n"
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return path


def notes(folder, edit):
    differences, samples = folder / "differences", folder / "samples"
    if not samples.exists():
        shutil.copytree(ROOT / "examples/s3/configs", samples / "s3/configs")
        (samples / "ml/configs").mkdir(parents=True)
        shutil.copy(next((ROOT / "examples/ml/configs").glob("*-dev-*")), samples / "ml/configs")
    options = ["--old", older(folder, edit), "--new", BINARY, "--samples", samples, "--differences", differences]
    text = run(sys.executable, RELEASE / "notes.py", "Unreleased", *options)
    return text, differences.read_text()


def notes_of_the_same_templates_name_no_change(folder):
    text, differences = notes(folder, "true")
    assert "**`s3`**: all 2 samples render as before." in text, text
    assert "render otherwise" not in text and not differences


def notes_tell_replacement_from_update_in_place(folder):
    text, differences = notes(folder, "sed -i 's/    BucketName: \"/&old-/; s/Status: Enabled/Status: Disabled/' *-template.yaml")
    assert "**`s3`**: 2 of 2 samples render otherwise." in text, text
    assert "| replaced | " in text and "`Bucket`" in text, text
    assert "**`ml`**: all 1 samples" in text, text
    assert '-      BucketName: "old-' in differences, differences
    text, _ = notes(folder, "sed -i 's/BlockPublicAcls: true/BlockPublicAcls: false/' *-template.yaml")
    assert "| in place | in place: `Bucket` |" in text, text


def notes_group_samples_with_the_same_change(folder):
    text, _ = notes(folder, "sed -i 's/^Description: .*/Description: old/' *-template.yaml")
    assert "and 1 more | texts only | no resource |" in text, text


def notes_name_what_an_older_program_cannot_render(folder):
    text, _ = notes(folder, "rm -f *-recommendation-engine-s3-template.yaml")
    assert "recommendation-engine-s3-template.yaml` | – | the release before cannot render it |" in text, text


def images_have_the_same_digest_twice(folder):
    options = ["--version", "1.2.3", "--revision", "0" * 40, "--epoch", "1700000000"]
    files = ["--binary", "amd64=/bin/busybox", "--busybox", "amd64=/bin/busybox", "--binary", "arm64=/bin/busybox", "--busybox", "arm64=/bin/busybox"]
    first = run(RELEASE / "image.py", folder / "first", *options, *files)
    os.utime(folder, (1, 1))
    second = run(RELEASE / "image.py", folder / "second", *options, *files)
    assert first == second and first.count("sha256:") == 2, (first, second)
    for variant in ("minimal", "ci"):
        layout = folder / "first" / variant
        for blob in (layout / "blobs" / "sha256").iterdir():
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
        index = json.loads((layout / "index.json").read_text())["manifests"][0]
        manifests = json.loads((layout / "blobs/sha256" / index["digest"].removeprefix("sha256:")).read_text())["manifests"]
        assert [entry["platform"]["architecture"] for entry in manifests] == ["amd64", "arm64"]


def clone(folder):
    source = folder / "source"
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, source)
    run("git", "switch", "--quiet", "--create", BRANCH, cwd=source)
    # The scripts under test, committed or not.
    shutil.copytree(RELEASE, source / "release", dirs_exist_ok=True)
    run("git", "add", "release", cwd=source)
    if run("git", "status", "--porcelain", cwd=source):
        run("git", "commit", "--quiet", "--message", "test: scripts", cwd=source, env=GIT)
    return source


def a_release_is_prepared_then_tagged(folder):
    source = clone(folder)
    prepare = source / "release" / "prepare.sh"
    said = run(prepare, "90.1.2", cwd=source, env=GIT)
    assert "release-90.1.2" in said, said
    assert run("git", "diff", "--name-only", "HEAD~1", cwd=source).split() == ["CHANGELOG.md", "Cargo.lock", "Cargo.toml"]
    assert 'version = "90.1.2"' in (source / "Cargo.toml").read_text()
    assert "## [Unreleased]\n\n## [90.1.2] - " in (source / "CHANGELOG.md").read_text()
    run("git", "switch", "--quiet", BRANCH, cwd=source)
    run("git", "merge", "--quiet", "release-90.1.2", cwd=source)
    said = run(prepare, "90.1.2", cwd=source, env=GIT)
    assert "git push origin build-90.1.2" in said, said
    assert run("git", "rev-parse", "build-90.1.2^{commit}", cwd=source) == run("git", "rev-parse", "HEAD", cwd=source)
    assert "the tag exists" in run(prepare, "90.1.2", cwd=source, status=1, env=GIT)


def a_wrong_version_or_a_dirty_tree_is_refused(folder):
    source = clone(folder)
    prepare = source / "release" / "prepare.sh"
    assert "not a version such as 1.2.3: `v1.2`" in run(prepare, "v1.2", cwd=source, status=1)
    assert "older than the version" in run(prepare, "0.0.1", cwd=source, status=1)
    (source / "README.md").write_text("changed")
    assert "the work tree has changes" in run(prepare, "90.1.2", cwd=source, status=1)


def the_hook_checks_configs_and_writes_nothing(folder):
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entry = re.search(r"^  entry: provisioner (.*)$", hooks, re.MULTILINE).group(1).split()
    files = re.compile(re.search(r"^  files: (.*)$", hooks, re.MULTILINE).group(1))
    name = "s3/configs/edge-prod-b001-us-west-1-s3.yaml"
    for path in (name, "configs/_defaults.yaml", ".provisioner.yaml", ".provisioner/products/queue/product.yaml"):
        assert files.search(path), path
    assert not files.search("docs/configs.md")
    config = folder / name
    config.parent.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / name, config)
    run("git", "init", "--quiet", cwd=folder)
    run(BINARY, *entry, cwd=folder)
    config.write_text(config.read_text().replace("versioning:", "versionning:"))
    assert "did you mean `versioning`?" in run(BINARY, *entry, cwd=folder, status=10)
    assert run("git", "status", "--porcelain", cwd=folder) == "?? s3/\n" and len(list((folder / "s3").iterdir())) == 1


STAND_IN = """#!/usr/bin/env python3
import hashlib, json, os, pathlib, sys
words = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(words).replace("\\n", " ") + "\\n")
line = " ".join(words)
if words[0] == "skopeo":
    if words[1] == "inspect":
        variant = "ci" if words[-1].endswith("-ci") else "minimal"
        print(os.environ["CI" if variant == "ci" else "MINIMAL"])
elif "--json apiUrl" in line:
    print("https://api/releases/1")
elif "https://api/releases/1" in line:
    for file in sorted(pathlib.Path("out/assets").iterdir()):
        data = b"other" if file.name == os.environ.get("BROKEN") else file.read_bytes()
        print(hashlib.sha256(data).hexdigest() + "  " + file.name)
elif line.startswith("gh api"):
    if "--input" in words:
        print(json.dumps(json.load(sys.stdin)), file=open(os.environ["CALLS"] + ".tree", "w"))
    print(words[2].split("/git/")[1].split("/")[0] + "-sha")
"""


def publish(folder, version="1.2.3", broken="", status=0):
    """Runs the scripts of the job that publishes, with stand-ins for `gh` and `skopeo`. Returns their calls."""
    job = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]["publish"]
    work, programs = folder / f"work-{version}-{broken}", folder / "programs"
    (work / "out/assets").mkdir(parents=True)
    programs.mkdir(exist_ok=True)
    for name in ("gh", "skopeo"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    (work / "out/assets/provisioner").write_text("binary")
    for name in ("out/notes.md", "out/template-differences.txt", "out/assets/SIZES"):
        (work / name).write_text("text")
    sums = run("sha256sum", "provisioner", cwd=work / "out/assets")
    (work / "out/assets/SHA256SUMS").write_text(sums)
    calls = work / "calls"
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "BROKEN": broken,
        "VERSION": version,
        "GH_TOKEN": "token",
        "GITHUB_ACTOR": "somebody",
        "GITHUB_REPOSITORY": "Acme/provisioner",
        "GITHUB_SHA": "a" * 40,
        "GITHUB_STEP_SUMMARY": str(work / "summary"),
        "IMAGE": "ghcr.io/Acme/provisioner",
        "MINIMAL": "sha256:1",
        "CI": "sha256:2",
    }
    for step in job["steps"]:
        if "run" in step:
            # As the runner starts a script.
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=work, env=environment, capture_output=True, text=True)
            if done.returncode:
                break
    assert done.returncode == status, f"{step['name']}: {done.stdout}{done.stderr}"
    return calls.read_text().splitlines(), calls


def publishing_tags_the_commit_with_the_sums_last(folder):
    calls, file = publish(folder)
    tree = json.loads((file.parent / "calls.tree").read_text())
    assert tree["base_tree"] == "commits-sha", tree
    assert [entry["path"] for entry in tree["tree"]] == ["dist/SHA256SUMS", "dist/SIZES", "dist/VERSION"]
    assert tree["tree"][0]["content"] == (file.parent / "out/assets/SHA256SUMS").read_text()
    assert tree["tree"][2]["content"] == "1.2.3\n"
    place = lambda part: next(number for number, call in enumerate(calls) if part in call)
    order = ["release upload", "docker://ghcr.io/acme/provisioner:1.2.3", "ref=refs/tags/v1.2.3", "--draft=false --latest"]
    assert [place(part) for part in order] == sorted(place(part) for part in order), calls
    assert "--field sha=commits-sha" in calls[place("ref=refs/tags/v1.2.3")]
    assert f"parents[]={'a' * 40}" in calls[place("parents[]")]
    copied = [call.split()[-1].rsplit(":", 1)[1] for call in calls if call.startswith("skopeo copy")]
    assert copied == ["1.2.3", "1.2.3-ci", "1.2", "latest", "1.2-ci", "latest-ci"], copied
    assert not [call for call in calls if "token" in call]


def an_early_version_moves_no_other_tag(folder):
    calls, _ = publish(folder, version="2.0.0-rc.1")
    assert [call.split()[-1].rsplit(":", 1)[1] for call in calls if call.startswith("skopeo copy")] == ["2.0.0-rc.1", "2.0.0-rc.1-ci"]
    assert "--draft=false --prerelease" in calls[-1], calls


def attack_an_asset_that_changed_on_the_way_is_not_published(folder):
    calls, _ = publish(folder, broken="provisioner", status=1)
    assert not [call for call in calls if "refs" in call or "draft=false" in call or call.startswith("skopeo")], calls


TESTS = [
    publishing_tags_the_commit_with_the_sums_last,
    an_early_version_moves_no_other_tag,
    attack_an_asset_that_changed_on_the_way_is_not_published,
    the_hook_checks_configs_and_writes_nothing,
    notes_of_the_same_templates_name_no_change,
    notes_tell_replacement_from_update_in_place,
    notes_group_samples_with_the_same_change,
    notes_name_what_an_older_program_cannot_render,
    images_have_the_same_digest_twice,
    a_release_is_prepared_then_tagged,
    a_wrong_version_or_a_dirty_tree_is_refused,
]

failed = 0
for test in TESTS:
    with tempfile.TemporaryDirectory() as folder:
        try:
            test(pathlib.Path(folder))
            print(f"ok      {test.__name__}")
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {test.__name__}: {error}")
print(f"{len(TESTS) - failed} passed, {failed} failed")
sys.exit(bool(failed))
