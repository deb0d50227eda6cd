#!/usr/bin/env python3
"""Writes the container images as OCI layouts, without a container engine: the same files give the same digest.

    release/image.py OUT --version 1.2.3 --revision COMMIT --binary amd64=PATH [--binary arm64=PATH] --busybox amd64=PATH …

OUT/minimal has the binary alone, and runs it. OUT/ci has a shell beside it, and no entrypoint: runners start `sh` themselves. Each is
one index with a manifest for each architecture. Prints a line `DIGEST VARIANT` for each.
"""

import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

# The original images ran as `s3user` and `mluser`. Both homes are one folder here, so that `~/.aws` can be mounted at either.
USER = 1000
HOME = "home/provisioner"
FOLDERS = ["app", "app/configs", "app/policies", "app/reports", "app/templates", HOME]
ACCOUNTS = {
    "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\nprovisioner:x:{USER}:{USER}::/{HOME}:/sbin/nologin\n",
    "etc/group": f"root:x:0:\nprovisioner:x:{USER}:\n",
}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class Layer:
    """A tar file whose entries have one time and owners by number."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.bytes = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.bytes, mode="w", format=tarfile.USTAR_FORMAT)
        self.folders = set()

    def entry(self, name, kind, mode, owner=0):
        for parent in reversed(pathlib.PurePosixPath(name).parents):
            if str(parent) not in (".", *self.folders):
                self.folder(str(parent))
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, owner, owner, self.epoch
        return info

    def folder(self, name, mode=0o755, owner=0):
        if name not in self.folders:
            info = self.entry(name, tarfile.DIRTYPE, mode, owner)
            self.folders.add(name)
            self.tar.addfile(info)

    def file(self, name, data, mode=0o644):
        info = self.entry(name, tarfile.REGTYPE, mode)
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def link(self, name, target):
        info = self.entry(name, tarfile.SYMTYPE, 0o777)
        info.linkname = target
        self.tar.addfile(info)

    def close(self):
        self.tar.close()
        return self.bytes.getvalue()


class Layout:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.blobs = self.folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, kind, data):
        if not isinstance(data, bytes):
            data = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    def index(self, entry, tag):
        entry = entry | {"annotations": {"org.opencontainers.image.ref.name": tag}}
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
        (self.folder / "index.json").write_text(json.dumps(index, sort_keys=True))


def root(binary, certificates, busybox, epoch):
    layer = Layer(epoch)
    for name, text in ACCOUNTS.items():
        layer.file(name, text.encode())
    layer.file("etc/ssl/certs/ca-certificates.crt", certificates)
    for name in FOLDERS:
        layer.folder(name, owner=USER)
    for name in ("home/mluser", "home/s3user"):
        layer.link(name, "provisioner")
    layer.folder("tmp", mode=0o1777)
    layer.file("usr/local/bin/provisioner", binary, mode=0o755)
    if busybox:
        data, applets = busybox
        layer.file("bin/busybox", data, mode=0o755)
        for applet in applets:
            layer.link(f"bin/{applet}", "busybox")
    return layer.close()


def image(layout, architecture, layer, arguments, variant):
    created = datetime.datetime.fromtimestamp(arguments.epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", f"HOME=/{HOME}"],
        "User": f"{USER}:{USER}",
        "WorkingDir": "/app",
        "Labels": labels(arguments, variant, created),
    }
    config |= {"Cmd": ["sh"]} if variant == "ci" else {"Entrypoint": ["/usr/local/bin/provisioner"]}
    document = {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": created, "created_by": "release/image.py"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(CONFIG, document),
        "layers": [layout.blob(LAYER, gzip.compress(layer, mtime=0))],
    }
    return layout.blob(MANIFEST, manifest) | {"platform": {"architecture": architecture, "os": "linux"}}


def labels(arguments, variant, created):
    names = {
        "title": "provisioner" if variant == "minimal" else "provisioner-ci",
        "version": arguments.version,
        "revision": arguments.revision,
        "created": created,
        "licenses": "Apache-2.0" if variant == "minimal" else "Apache-2.0 AND GPL-2.0-only",
    }
    if arguments.source:
        names["source"] = arguments.source
    return {f"org.opencontainers.image.{name}": value for name, value in names.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--version", required=True)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--source", help="address of the repository")
    parser.add_argument("--binary", action="append", required=True, metavar="ARCHITECTURE=PATH")
    parser.add_argument("--busybox", action="append", default=[], metavar="ARCHITECTURE=PATH")
    parser.add_argument("--applets", default="/bin/busybox", help="busybox of this machine, which lists its commands")
    parser.add_argument("--certificates", default="/etc/ssl/certs/ca-certificates.crt")
    parser.add_argument("--epoch", type=int, default=int(os.environ.get("SOURCE_DATE_EPOCH", 0)))
    arguments = parser.parse_args()
    paths = lambda pairs: {name: pathlib.Path(path).read_bytes() for name, path in (pair.split("=", 1) for pair in pairs)}
    binaries, shells = paths(arguments.binary), paths(arguments.busybox)
    if set(shells) != set(binaries):
        parser.error(f"--busybox names {sorted(shells)}, --binary {sorted(binaries)}")
    certificates = pathlib.Path(arguments.certificates).read_bytes()
    listed = subprocess.run([arguments.applets, "--list"], check=True, capture_output=True, text=True).stdout.split()
    applets = sorted(set(listed) - {"busybox"})
    for variant in ("minimal", "ci"):
        layout = Layout(pathlib.Path(arguments.out) / variant)
        manifests = []
        for architecture, binary in sorted(binaries.items()):
            busybox = (shells[architecture], applets) if variant == "ci" else None
            layer = root(binary, certificates, busybox, arguments.epoch)
            manifests.append(image(layout, architecture, layer, arguments, variant))
        index = layout.blob(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
        layout.index(index, arguments.version)
        print(index["digest"], variant)


main()
