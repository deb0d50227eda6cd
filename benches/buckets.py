#!/usr/bin/env python3
"""Measures what is done to a bucket beside the same done with the AWS CLI, on an emulator that listens on loopback.

    buckets.py BINARY AWS

BINARY is provisioner, AWS the AWS CLI. The emulator and this script's Python come from the test bed (`make bed`):

    target/testbed/venv/bin/python benches/buckets.py target/release/provisioner "$(type -P aws)"

Prints a Markdown table: the folders of one solution made in a bucket, and a bucket of 5,000 versions emptied and deleted with its stack.
The CLI starts anew for each key, eight at a time, as scripts do; it deletes a thousand versions with each request, as we do.
"""

import concurrent.futures
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3

ACCOUNT, REGION = "123456789012", "us-west-2"
NAME = f"acme-prod-c001-{REGION}-s3"
KEYS, VERSIONS = 1000, 5
CONFIG = f"""client:
  company_name: Acme
  company_prefix: acme
  account_id: "{ACCOUNT}"
  tenant_id: "c001"
environment:
  env: prod
  region: {REGION}
s3:
  versioning: true
"""


def emulator():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {"GATEWAY_PORT": port, "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "PATH": os.environ["PATH"]}
    # Beside the virtual environment of this Python, which is not to be resolved: it is a link to the system's.
    command = [str(Path(sys.executable).parents[2] / "aws" / "bin" / "ministack")]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).read()
            return server, url
        except OSError:
            if server.poll() is not None:
                raise SystemExit("the emulator ended at once") from None
            time.sleep(0.1)


def timed(*work):
    start = time.perf_counter()
    for one in work:
        one()
    return time.perf_counter() - start


def main(binary, aws):
    binary = Path(binary).resolve()
    server, url = emulator()
    with tempfile.TemporaryDirectory() as home:
        try:
            return measure(binary, aws, url, Path(home))
        finally:
            server.terminate()
            server.wait(timeout=30)


def measure(binary, aws, url, home):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "",
    }
    (home / "configs").mkdir()
    config = home / "configs" / f"{NAME}.yaml"
    config.write_text(CONFIG)
    s3 = boto3.Session(ACCOUNT, "test", region_name=REGION).client("s3", endpoint_url=url)

    def run(*arguments):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([binary, *arguments, "--no-log", config], cwd=home, env=environment, check=True, **quiet)

    def cli(*arguments):
        done = subprocess.run([aws, *arguments], cwd=home, env=environment, check=True, capture_output=True)
        return json.loads(done.stdout or b"null")

    def in_parallel(work, items):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(work, items))

    def keys():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=NAME, Prefix="solutions/ours/")
        return [entry["Key"] for page in pages for entry in page["Contents"]]

    def fill():
        def versions(number):
            for version in range(VERSIONS):
                s3.put_object(Bucket=NAME, Key=f"data/{number:04}", Body=str(version).encode())
        in_parallel(versions, range(KEYS))

    def cli_empty():
        while True:
            query = "{Objects: Versions[].{Key: Key, VersionId: VersionId}}"
            listed = cli("s3api", "list-object-versions", "--bucket", NAME, "--max-items", "1000", "--query", query)
            if not listed["Objects"]:
                break
            (home / "delete.json").write_text(json.dumps({**listed, "Quiet": True}))
            cli("s3api", "delete-objects", "--bucket", NAME, "--delete", "file://delete.json")
        cli("cloudformation", "delete-stack", "--stack-name", f"{NAME}-stack")
        cli("cloudformation", "wait", "stack-delete-complete", "--stack-name", f"{NAME}-stack")
        cli("s3api", "delete-bucket", "--bucket", NAME)

    run("prep-master", "--force")
    ours = timed(lambda: run("deploy-solution", "--solution", "ours"))
    made = [key.replace("/ours/", "/theirs/") for key in keys()]
    theirs = timed(lambda: in_parallel(lambda key: cli("s3api", "put-object", "--bucket", NAME, "--key", key), made))
    print("| what | provisioner | AWS CLI | ratio |\n|---|--:|--:|--:|")
    print(f"| {len(made)} folders | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.3f} |")
    again = timed(lambda: run("deploy-solution", "--solution", "ours"))
    print(f"| the same again, nothing to do | {again:.2f} s | | |")
    fill()
    ours = timed(lambda: run("tear-down", "--force"))
    run("prep-master", "--force")
    fill()
    theirs = timed(cli_empty)
    print(f"| {KEYS * VERSIONS} versions and the stack | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.3f} |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    main(*sys.argv[1:])
