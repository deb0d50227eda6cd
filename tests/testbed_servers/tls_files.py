"""Serves files by TLS on loopback: tls_files.py PORT PLAIN_PORT CERTIFICATE FOLDER

Writes a new certificate for 127.0.0.1 to CERTIFICATE, with its key beside it; openssl makes it. A path below `/moved` is redirected to the same path
without that, one below `/plain` to the same path on PLAIN_PORT without TLS. Every other path is a file of FOLDER.
"""

import functools
import http.server
import ssl
import subprocess
import sys


def write_certificate(path):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-out", path, "-keyout", f"{path}.key"], check=True, capture_output=True)


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        here, plain = self.server.server_port, self.server.plain_port
        for prefix, base in [("/moved", f"https://127.0.0.1:{here}"), ("/plain", f"http://127.0.0.1:{plain}")]:
            if self.path.startswith(prefix):
                self.send_response(302)
                self.send_header("location", base + self.path.removeprefix(prefix))
                self.end_headers()
                return
        super().do_GET()


def main(port, plain_port, certificate, folder):
    write_certificate(certificate)
    handler = functools.partial(Handler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    server.plain_port = plain_port
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
