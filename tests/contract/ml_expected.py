"""What a config of the ML product asks for, by the specification."""

import re

import yaml

from ml_scenarios import published
from partitions import endpoint_service, partition_of

PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
# By the name that a config gives it: what the SSM parameter of the endpoint's id is called.
ENDPOINTS = {"sagemaker.api": "SagemakerApi", "sagemaker.runtime": "SagemakerRuntime", "sts": "Sts", "s3": "S3"}


def words_of(value):
    """The parts of a list, or of a string with commas, each once and in their order."""
    parts = value if isinstance(value, list) else value.split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def tags_of(own, users):
    """Keys differ by more than case, and the user's win."""
    taken = {key.lower() for key in users}
    return {key: value for key, value in own.items() if key.lower() not in taken} | users


class Data:
    """What builds and jobs may read: a bucket, and what the keys begin with."""

    def __init__(self, entry):
        self.name, self.prefix = entry["name"], (entry.get("prefix") or "").strip("/")
        self.path = f"/s3/{entry['config']}/BucketName" if entry.get("config") else None
        self.bucket = f"value of {self.path}" if self.path else entry["bucket"]
        self.variable = f"DATA_{re.sub('-', '_', self.name).upper()}_URI"
        self.uri = "/".join(["s3:/", self.bucket, *([self.prefix] if self.prefix else [])])


class Expected:
    def __init__(self, path):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        client, environment, ml = raw["client"], raw["environment"], raw["ml_product"]
        self.account, self.region = client["account_id"], environment["region"]
        self.partition = partition_of(self.region)

        self.mode, self.where = ml.get("vpc_mode"), ml.get("vpc_source")
        self.tier = ml.get("tier") or ("enterprise" if self.mode else "starter")
        self.paid, self.enterprise = self.tier != "starter", self.tier == "enterprise"
        self.codecommit, self.standalone = ml["source_control"] == "codecommit", self.mode == "standalone"
        self.published = published(self.tier, ml["source_control"], (self.mode, self.where) if self.mode else None)
        existing = words_of(ml.get("existing_endpoints", [])) if self.enterprise else []
        self.published -= {f"VpcEndpointId{ENDPOINTS[service]}" for service in existing}
        # Service name to the name in configs of the endpoints that the stack creates.
        self.endpoints = {endpoint_service(self.region, service): service for service in ENDPOINTS if service not in existing and self.enterprise}

        tenant = [client["company_prefix"], environment["env"], client["tenant_id"]]
        subject = [ml["use_case"], *([ml["workload"]] if ml.get("workload") else [])]
        base = "-".join([*tenant, self.region])
        self.phys = "-".join([base, *subject])
        self.role = self.phys if ml.get("regional_role_names") else "-".join([*tenant, *subject])
        # What builds put before the names of all that they make. Read from the template, and judged there.
        self.made = self.deploy_source = None
        self.ml_name = f"{self.phys}-ml"
        self.stack = f"{self.ml_name}-stack"
        words = ["workload"] * bool(ml.get("workload")) + ["rtb"] * bool(ml.get("route_table_ids"))
        network = [self.where, self.mode] if self.mode else []
        output = "-".join([self.ml_name, ml["source_control"], *network, *words])
        self.template, self.policy = f"{output}-template.yaml", f"{output}-iam-policy.json"

        self.bucket = ml.get("artifacts_bucket_name") or f"{self.phys}-artifacts"
        self.source_prefix = ml.get("s3_prefix", "")
        self.source_key = ml.get("source_kms_key_arn") or None
        self.boundary = ml.get("permissions_boundary") or None
        self.data = [Data(entry) for entry in ml.get("data", [])]
        self.email = ml.get("alerts_email")
        self.retention = ml.get("log_retention_days", 365)
        kms = ml.get("kms", {})
        self.alias = kms.get("alias") or self.phys
        self.rotation, self.window = kms.get("rotation", True), kms.get("deletion_window_days", 30)

        vpc = ml.get("vpc", {})
        # Ids, or the SSM parameter and the type by which CloudFormation looks it up.
        self.inputs = {}
        self.vpc, self.subnets = vpc.get("vpc_id"), words_of(vpc.get("subnet_ids", ""))
        if self.where == "ssm":
            start = f"/vpc/{base}-vpc"
            self.vpc = self.looked_up("AWS::EC2::VPC::Id", vpc.get("vpc_id_path") or f"{start}/VPCId")
            self.subnets = self.looked_up("List<AWS::EC2::Subnet::Id>", vpc.get("subnet_ids_path") or f"{start}/PrivateSubnetIds")
        if self.mode == "sgprov":
            self.security_group = self.looked_up("AWS::EC2::SecurityGroup::Id", vpc["security_group_id_path"])
        elif self.standalone:
            self.security_group = f"id of {self.phys}-endpoints"
        self.route_tables = words_of(ml.get("route_table_ids", ""))
        self.private_dns = ml.get("private_dns", True)
        # Who reaches the endpoints beside the group's own members.
        self.admitted = sorted(words_of(vpc.get("cidr_blocks", PRIVATE))) if self.private_dns else []
        for data in self.data:
            if data.path:
                self.inputs[data.path] = "AWS::SSM::Parameter::Value<String>"

        own = {"Environment": environment["env"], "ManagedBy": "provisioner", "Tenant": client["tenant_id"]}
        self.tags = tags_of(own, raw.get("tags", {})) | {"provisioner:config": self.ml_name}

    def looked_up(self, kind, path):
        self.inputs[path] = f"AWS::SSM::Parameter::Value<{kind}>"
        return f"value of {path}"

    def arn(self, service, rest, region=None, account=None):
        region = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{region}:{self.account if account is None else account}:{rest}"

    def names(self):
        """Type and physical name of everything that has one."""
        phys, role = self.phys, self.role
        found = {
            ("AWS::SageMaker::ModelPackageGroup", f"{phys}-models"),
            ("AWS::CodeBuild::Project", f"{phys}-build"),
            ("AWS::CodeBuild::Project", f"{phys}-deploy"),
            ("AWS::CodePipeline::Pipeline", f"{phys}-build-pipeline"),
            ("AWS::CodePipeline::Pipeline", f"{phys}-deploy-pipeline"),
            ("AWS::IAM::Role", f"{role}-codebuild-role"),
            ("AWS::IAM::Role", f"{role}-codebuild-deploy-role"),
            ("AWS::IAM::Role", f"{role}-codepipeline-role"),
            ("AWS::IAM::Role", f"{role}-sagemaker-execution-role"),
            ("AWS::IAM::Role", f"{role}-events-role"),
            ("AWS::Events::Rule", f"{phys}-approved"),
            ("AWS::Events::Rule", f"{phys}-source"),
            ("AWS::S3::Bucket", self.bucket),
        }
        if self.codecommit:
            found |= {("AWS::CodeCommit::Repository", f"{phys}-model-{half}") for half in ("build", "deploy")}
        if self.paid:
            found |= {
                ("AWS::CloudWatch::Dashboard", f"{phys}-dashboard"),
                ("AWS::CloudWatch::Alarm", f"{phys}-pipeline-failure"),
                ("AWS::SNS::Topic", f"{phys}-alerts"),
            }
        if self.enterprise:
            found |= {("AWS::KMS::Alias", f"alias/{self.alias}"), ("AWS::Logs::LogGroup", f"/ml/{self.ml_name}")}
        if self.standalone:
            found.add(("AWS::EC2::SecurityGroup", f"{phys}-endpoints"))
        return found | {("AWS::SSM::Parameter", f"/ml/{self.ml_name}/{name}") for name in self.published}

    def unnamed(self):
        """How many there are of each type that has no name of ours."""
        found = {"AWS::S3::BucketPolicy": 1}
        if self.paid:
            found["AWS::SNS::TopicPolicy"] = 1
        if self.email:
            found["AWS::SNS::Subscription"] = 1
        if self.enterprise:
            found["AWS::KMS::Key"] = 1
        if self.endpoints:
            found["AWS::EC2::VPCEndpoint"] = len(self.endpoints)
        return found
