"""LocalStack on loopback, for as long as a `with` lasts. It runs in the virtual environment that this script runs in.

It leaves an empty folder for each bucket below /tmp/localstack-s3-storage, which it cannot be told to put elsewhere.
"""

import contextlib
import functools
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3


def client_of(address, service, account, region):
    """The emulator takes an access key of twelve digits for the account."""
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="x", region_name=region)
    return session.client(service, endpoint_url=f"http://{address}")


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "{}:{}".format(*probe.getsockname())


def ready(server, address):
    """Waits until it answers: false if it has ended, or takes longer than a minute."""
    end = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://{address}/_localstack/health", timeout=2).close()
            return True
        time.sleep(0.25)
    return False


@contextlib.contextmanager
def emulator():
    """Gives a function that makes clients of a service, an account and a region."""
    address = free_address()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "HOME": folder, "TMPDIR": folder,
            # The default server binds all addresses whatever it is told; this one obeys.
            "GATEWAY_SERVER": "hypercorn", "GATEWAY_LISTEN": address, "LOCALSTACK_HOST": address,
            # The newer EventBridge refuses a pipeline as the target of a rule, since it has no pipelines; the older one keeps it.
            "PROVIDER_OVERRIDE_EVENTS": "v1",
            # Types that it does not know count as made, and say so in the events of the stack.
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "1",
            "DISABLE_EVENTS": "1", "SKIP_SSL_CERT_DOWNLOAD": "1", "DNS_ADDRESS": "0",
        }
        with open(Path(folder, "log"), "w+") as log:
            server = subprocess.Popen([sys.executable, "-m", "localstack.runtime.main"], env=environment, stdout=log, stderr=log)
            try:
                if not ready(server, address):
                    log.seek(0)
                    raise SystemExit(f"the emulator does not answer:\n{log.read()[-4000:]}")
                yield functools.partial(client_of, address)
            finally:
                # It holds nothing worth an orderly end, which it does not come to within a minute.
                server.kill()
                server.wait()
