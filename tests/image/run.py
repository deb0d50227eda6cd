#!/usr/bin/env python3
"""Runs the command lines of the original tools in the unpacked images, against an AWS and a name server on loopback.

    tests/image/run.py LAYOUTS TESTBED      LAYOUTS: a folder of release/image.py
"""

import glob
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# A resolver of the C library asks port 53 of an address alone, and this one is the machine's own.
NAME_SERVER = "127.0.0.53"
NAME = "aws.provisioner.test"
ML = "ml/configs/globalbank-dev-c001-us-west-2-demand-forecasting-ml-s3"


def command(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def unpack(layout, folder):
    tag = json.loads((layout / "index.json").read_text())["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    done = command("umoci", "unpack", *rootless, "--image", f"{layout}:{tag}", folder)
    assert done.returncode == 0, done.stderr
    config = folder / "config-of-image.json"
    config.write_text(command("skopeo", "inspect", "--config", f"oci:{layout}:{tag}", check=True).stdout)
    os.chmod(folder, 0o755)
    return {"IMAGE_BUNDLE": str(folder), "IMAGE_CONFIG": str(config)}


def answer_names():
    """Answers every question for an IPv4 address with 127.0.0.1, and others with none. Returns the names asked for."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((NAME_SERVER, 53))
    asked = set()

    def serve():
        while True:
            question, client = server.recvfrom(512)
            end = question.index(0, 12) + 5
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode())
                at += question[at] + 1
            asked.add(".".join(labels))
            is_a = question[end - 4 : end - 2] == b"\0\1"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton("127.0.0.1") if is_a else b""
            counts = b"\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
            server.sendto(question[:2] + b"\x81\x80" + counts + question[12:end] + record, client)

    threading.Thread(target=serve, daemon=True).start()
    return asked


def start_aws(testbed, log):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Account numbers as access keys choose the account.
    environment = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1"}
    process = subprocess.Popen([testbed / "aws/bin/ministack"], env=environment, stdout=log, stderr=log)
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    process.terminate()
    sys.exit("the AWS emulator did not start")


def serve_tls(folder, port):
    """Takes TLS connections for NAME and passes them on to the port. Returns the port, and the file of its issuer's
    certificate."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    issuer, leaf, secret = folder / "issuer.pem", folder / "leaf.pem", folder / "key.pem"
    steps = [
        ["-subj", "/CN=issuer", "-keyout", secret, "-out", issuer],
        ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE"]
        + ["-CA", issuer, "-CAkey", secret, "-keyout", folder / "leaf-key.pem", "-out", leaf],
    ]
    for options in steps:
        done = command("openssl", "req", "-x509", *key, *options)
        assert done.returncode == 0, done.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf, folder / "leaf-key.pem")
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)

    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                continue  # a client that does not trust the certificate
            server = socket.create_connection(("127.0.0.1", port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1], issuer


def blocks():
    for text in (HERE / "original.txt").read_text().split("\n\n")[1:]:
        lines = text.strip().splitlines()
        yield [line for line in lines if not line.startswith("> ")], [line[2:].split(" ", 1) for line in lines if line.startswith("> ")]


def check(work, done, expected):
    faults = []
    for kind, value in expected:
        if kind == "exit" and done.returncode != int(value):
            faults.append(f"exit code {done.returncode} instead of {value}")
        elif kind == "prints" and value not in done.stdout + done.stderr:
            faults.append(f"does not print `{value}`")
        elif kind == "writes" and not glob.glob(str(work / value)):
            faults.append(f"does not write {value}")
    return faults


def workplace(folder, port, tls_port):
    """A repository and a home as the image's user owns them."""
    for product in ("s3", "ml"):
        for name in ("configs", "templates", "policies", "reports"):
            (folder / product / name).mkdir(parents=True)
    for config in ("s3/configs/edge-prod-b001-us-west-1-s3", "s3/configs/edge-prod-b001-us-west-1-recommendation-engine-s3", ML):
        lines = (ROOT / "examples" / f"{config}.yaml").read_text().splitlines(keepends=True)
        # The account has no network of its own. The original document names solutions that its configs do not list.
        kept = [line for line in lines if not line.startswith(("  vpc_id:", "  route_table_ids:", "  solutions:", "    - "))]
        (folder / f"{config}.yaml").write_text("".join(kept))
    for name, address in ((".aws", f"http://{NAME}:{port}"), (".aws-tls", f"https://{NAME}:{tls_port}")):
        (folder / name).mkdir()
        (folder / name / "credentials").write_text("[default]\naws_access_key_id = 123456789012\naws_secret_access_key = test\n")
        (folder / name / "config").write_text(f"[default]\nendpoint_url = {address}\n")
        os.chmod(folder / name / "credentials", 0o600)
    (folder / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "1000:1000", folder], check=True)


def main():
    layouts, testbed = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, open(pathlib.Path(folder) / "aws.log", "w") as log:
        os.chmod(folder, 0o755)
        folder = pathlib.Path(folder)
        work = folder / "work"
        shim = folder / "bin"
        shim.mkdir()
        shutil.copy(HERE / "docker", shim / "docker")
        (folder / "unpacked").mkdir()
        images = {variant: unpack(layouts / variant, folder / "unpacked" / variant) for variant in ("minimal", "ci")}
        asked = answer_names()
        aws, port = start_aws(testbed, log)
        failed = count = 0
        try:
            work.mkdir()
            tls_port, issuer = serve_tls(folder, port)
            workplace(work, port, tls_port)
            environment = {
                "PATH": f"{shim}:{os.environ['PATH']}",
                "HOME": str(work),
                "IMAGE_RESOLVER": str(work / "resolv.conf"),
                **images["minimal"],
            }

            def run(script, expected, **more):
                nonlocal failed, count
                start = time.monotonic()
                done = command("bash", "-c", script, cwd=work, env={**environment, **more}, stdin=subprocess.DEVNULL, timeout=300)
                faults = check(work, done, expected)
                count += 1
                failed += bool(faults)
                title = " ".join(script.replace("\\\n", " ").split()).split("provisioner:", 1)[-1]
                print(f"{'FAILED' if faults else 'ok':7} {time.monotonic() - start:5.1f} s  {title[:110]}", flush=True)
                for fault in faults:
                    print(f"        {fault}")
                if faults:
                    print(done.stdout + done.stderr)

            for lines, expected in blocks():
                run("\n".join(lines), expected)
            # Over TLS: the certificates of the image do not have this one, and a mounted file does.
            drift = "docker run --rm -v ~/.aws-tls:/home/s3user/.aws:ro -v $(pwd)/s3/configs:/app/configs:ro {} "
            drift += "s3-provisioner:latest --config edge-prod-b001-us-west-1-s3.yaml --action check-drift"
            trust = f"-v {issuer}:/etc/ssl/certs/ca-certificates.crt:ro"
            run(drift.format(trust), [["exit", "0"], ["prints", "0 errors"]])
            run(drift.format("-v $(pwd)/s3/reports:/app/reports"), [["exit", "31"], ["prints", "certificate is not trusted"]])
            # The variant for runners: a shell, and the program on the path.
            script = "docker run --rm provisioner:1.2.3-ci sh -c 'provisioner --version && grep -c provisioner /etc/passwd'"
            run(script, [["exit", "0"], ["prints", "provisioner "]], **images["ci"])
            # The scripts of the GitLab component begin like this.
            script = "docker run --rm provisioner:1.2.3-ci sh -c '/bin/env -i A=1 /usr/local/bin/provisioner --version'"
            run(script, [["exit", "0"], ["prints", "provisioner "]], **images["ci"])
            run("docker run --rm provisioner:1.2.3-ci id -u", [["exit", "0"], ["prints", "1000"]], **images["ci"])
        finally:
            aws.terminate()
        count += 1
        if NAME not in asked:
            failed += 1
            print(f"FAILED  the program did not ask the name server for {NAME}, but for {asked}")
        print(f"{count - failed} passed, {failed} failed")
        sys.exit(bool(failed))


main()
