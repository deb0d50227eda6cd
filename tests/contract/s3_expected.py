"""What a config of the S3 product asks for, by the documented behaviour."""

import re

import yaml

from ml_expected import tags_of, words_of
from partitions import partition_of


class Expected:
    """What a config asks for."""

    def __init__(self, path):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.config = path.name.removesuffix(".yaml")
        self.region = raw["environment"]["region"]
        self.account = raw["client"]["account_id"]
        self.partition = partition_of(self.region)
        self.template, self.policy = f"{self.config}-template.yaml", f"{self.config}-iam-policy.json"
        s3 = raw["s3"]
        self.versioning = s3["versioning"]
        self.lifecycle = s3.get("lifecycle_policy", "none")
        self.bucket = s3.get("bucket_name_override") or self.config
        self.vpc = s3.get("vpc_id") or None
        self.endpoint = self.vpc and not s3.get("existing_endpoint")
        self.route_tables = words_of(s3.get("route_table_ids") or "")
        own = {"Environment": raw["environment"]["env"], "ManagedBy": "provisioner", "Tenant": raw["client"]["tenant_id"]}
        self.tags = tags_of(own, s3.get("tags") or {}) | {"provisioner:config": self.config}
        start = "-".join([raw["client"]["company_prefix"], raw["environment"]["env"], raw["client"]["tenant_id"], self.region])
        dedicated = re.fullmatch(re.escape(start) + "-(.+)-s3", self.config)
        own = dedicated[1] if dedicated else "master-solution"
        self.solutions = set(s3.get("solutions") or [own]) | ({own} if dedicated else set())

    def parameters(self):
        """SSM parameters: name to value, a logical id for what only AWS knows."""
        found = {
            "BucketName": {"Ref": "AWS::S3::Bucket"},
            "BucketArn": {"Fn::GetAtt": ["AWS::S3::Bucket", "Arn"]},
            "SolutionsPrefix": "solutions/",
        }
        if self.endpoint:
            found["VpcEndpointIdS3"] = {"Ref": "AWS::EC2::VPCEndpoint"}
        for solution in self.solutions:
            found[f"solutions/{solution}/Prefix"] = f"solutions/{solution}/"
        return {f"/s3/{self.config}/{name}": value for name, value in found.items()}

    def events(self):
        """Everything that happens to objects below solutions/: (what, days or yes, storage class)."""
        transitions, expiry = {
            "ml-optimized": ([(30, "STANDARD_IA"), (90, "GLACIER")], None),
            "compliance": ([(90, "GLACIER")], 2555),
            "development": ([], 90),
            "none": ([], None),
        }[self.lifecycle]
        happens = set()
        for state in ["current", "noncurrent"] if self.versioning else ["current"]:
            happens |= {(f"{state} moves", days, storage) for days, storage in transitions}
            if expiry:
                happens.add((f"{state} expires", expiry, None))
        if self.lifecycle != "none":
            happens.add(("upload aborted", 7, None))
            # With compliance, S3 removes them under the expiry of current versions.
            if self.versioning and self.lifecycle != "compliance":
                happens.add(("delete marker removed", True, None))
        return happens
