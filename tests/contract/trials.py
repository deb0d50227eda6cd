#!/usr/bin/env python3
"""Records the templates that `test-deploy` sends.

    trials.py BINARY DIR

Runs `test-deploy` on DIR/<product>/configs/ and writes each template of a test to DIR/<product>/trials/<config>/. No command prints these
templates, so an imitation of AWS on loopback receives them. It says that everything a preflight looks for exists, and that nothing has a
name of the test. It answers that no stack exists, and refuses each change set, so that nothing follows.
"""

import collections
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path

import yaml

import ml_expected, s3_expected
from partitions import endpoint_service

SERVICES = ("sagemaker.api", "sagemaker.runtime", "sts", "s3")
EXPECTED = {"ml": ml_expected.Expected, "s3": s3_expected.Expected}
RECORDED = "recorded by the contract test"
# The end of the names that only a test has: nothing has them before.
OF_TEST = re.compile("-t[a-z0-9]{6}(?![a-z0-9])")


class Imitation(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Stack name to template body, calls that nothing here answers, and the source buckets of the configs.
    recorded, unknown, sources = {}, collections.Counter(), set()

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        # The access key of a run is the account, so that each run is in the account of its configs.
        account, region, service = re.search(r"Credential=AKIA(\d+)/\d+/([\w-]+)/(\w+)/", self.headers.get("authorization", "")).groups()
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        query = dict(urllib.parse.parse_qsl(body)) if not target else {}
        operation = target or query.get("Action") or f"{self.command} {service}"
        status, text = self.reply(operation, account, region, query, body)
        data = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.send_header("content-type", "application/x-amz-json-1.1" if target else "text/xml")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def reply(self, operation, account, region, query, body):
        match operation:
            case "GetCallerIdentity":
                arn = f"arn:aws:sts::{account}:assumed-role/operator/test"
                return 200, result(operation, f"<Arn>{arn}</Arn><UserId>AROA:test</UserId><Account>{account}</Account>")
            case "DescribeStacks" if "StackName" in query:
                return 400, refusal(f"Stack with id {query['StackName']} does not exist")
            case "DescribeStacks":
                return 200, result(operation, "<Stacks/>")
            case "CreateChangeSet":
                self.recorded[query["StackName"]] = query.get("TemplateBody", "")
                return 400, refusal(RECORDED)
            case "GetParameters":
                names = json.loads(body)["Names"]
                found = [parameter(name) for name in names if not OF_TEST.search(name)]
                return 200, json.dumps({"Parameters": found, "InvalidParameters": list(filter(OF_TEST.search, names))})
            case "GetResource":
                asked = json.loads(body)
                if OF_TEST.search(asked["Identifier"]):
                    return 400, json.dumps({"__type": "ResourceNotFoundException", "message": "it does not exist"})
                described = {"Identifier": asked["Identifier"], "Properties": "{}"}
                return 200, json.dumps({"TypeName": asked["TypeName"], "ResourceDescription": described})
            case "ListResources":
                return 200, json.dumps({"TypeName": json.loads(body)["TypeName"], "ResourceDescriptions": []})
            case "ListStacks":
                return 200, result(operation, "<StackSummaries/>")
            case "DescribeSubnets":
                return 200, ec2_answer(operation, "subnetSet", map(subnet, sorted(set(re.findall("subnet-[0-9a-f]+", body)))))
            case "DescribeVpcAttribute":
                name = query["Attribute"]
                return 200, f"<{operation}Response><vpcId>{query['VpcId']}</vpcId><{name}><value>true</value></{name}></{operation}Response>"
            case "DescribeVpcEndpoints":
                vpc = re.search("vpc-[0-9a-f]+", body)[0]
                return 200, ec2_answer(operation, "vpcEndpointSet", [endpoint(vpc, region, service) for service in SERVICES])
            case "DescribeNetworkInterfaces":
                return 200, ec2_answer(operation, "networkInterfaceSet", [])
            case "HEAD s3" | "GET s3":
                return self.stored()
        self.unknown[operation] += 1
        return 400, refusal(f"{operation} is unknown here")


    def stored(self):
        """Only source buckets are there: those that a test creates are not."""
        path, _, asked = self.path.lstrip("/").partition("?")
        if path.partition("/")[0] not in self.sources:
            return 404, ""
        if asked.startswith("versioning"):
            return 200, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        if asked.startswith("notification"):
            return 200, "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
        return 200, ""


def result(operation, inner):
    return f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"


def ec2_answer(operation, name, items):
    return f"<{operation}Response><{name}>{''.join(f'<item>{item}</item>' for item in items)}</{name}></{operation}Response>"


def subnet(identity):
    """Of the VPC whose id it begins like, each in a zone of its own."""
    digits = identity.removeprefix("subnet-")
    vpc = f"vpc-{int(digits, 16) // 16 * 16:0{len(digits)}x}"
    zone = f"zone-{int(digits, 16) % 16}"
    return f"<subnetId>{identity}</subnetId><vpcId>{vpc}</vpcId><availabilityZone>{zone}</availabilityZone><ownerId>123456789012</ownerId>"


def endpoint(vpc, region, service):
    """A test uses the endpoints that are there."""
    kind = "Gateway" if service == "s3" else "Interface"
    return (
        f"<vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>{kind}</vpcEndpointType><vpcId>{vpc}</vpcId><state>available</state>"
        f"<serviceName>{endpoint_service(region, service)}</serviceName><privateDnsEnabled>{str(service != 's3').lower()}</privateDnsEnabled>"
    )


def refusal(message):
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>{message}</Message></Error></ErrorResponse>"


def parameter(name):
    """The name says what the value is."""
    for end, kind, value in (("subnets|SubnetIds", "StringList", "subnet-0a1b2c31,subnet-0a1b2c32"), ("VPCId", "String", "vpc-0a1b2c30"),
                             ("SecurityGroupId", "String", "sg-0a1b2c3d"), ("BucketName", "String", "the-lake")):
        if re.search(f"({end})$", name):
            return {"Name": name, "Type": kind, "Value": value}
    raise ValueError(f"nothing is known about {name}")


def run(binary, configs, account, port):
    environment = {
        **os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": f"AKIA{account}",
        "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [binary, "test-deploy", "--no-log", "--format", "json", *map(str, configs)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def main(binary, root):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Imitation)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    failed = 0
    for product in sorted(path.parent for path in root.glob("*/configs")):
        # Two configs of one stack are refused, so they are not in one run.
        runs = {}
        for config in sorted((product / "configs").glob("*.yaml")):
            values = yaml.load(config.read_text(encoding="utf-8"), yaml.CSafeLoader)
            own = EXPECTED[product.name](config).tags["provisioner:config"]
            number = sum(own in batch for batch in runs.values())
            runs.setdefault((values["client"]["account_id"], number), {})[own] = config
            Imitation.sources.add(values.get("ml_product", {}).get("s3_prefix", "").partition("/")[0])
        Imitation.sources.discard("")
        shutil.rmtree(product / "trials", ignore_errors=True)
        (product / "trials").mkdir()
        said, recorded = [], 0
        for (account, _), configs in runs.items():
            Imitation.recorded.clear()
            said.append(run(binary, configs.values(), account, server.server_port).stdout)
            for stack, template in Imitation.recorded.items():
                folder = product / "trials" / configs[stack.rpartition("-stack-t")[0]].stem
                folder.mkdir()
                (folder / f"{stack}.yaml").write_text(template, encoding="utf-8")
            recorded += len(Imitation.recorded)
        missing = sum(map(len, runs.values())) - recorded
        # A test has no bucket to send a template from that is too long for a request.
        long = sum(text.count('"code": "template-too-large"') for text in said)
        print(f"{recorded} templates of tests in {product / 'trials'}, {long} too long for a request")
        if missing != long:
            failed += 1
            print("\n".join(sorted({found for text in said for found in re.findall('"message": "(.*)"', text) if RECORDED not in found})))
    for operation, times in Imitation.unknown.items():
        print(f"{operation}: unknown to the imitation, asked {times} times")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
