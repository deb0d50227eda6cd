"""What services ask of the names of things, by type: the property, the most characters, a pattern, and what it may not be.

S3: AmazonS3/latest/userguide/bucketnamingrules.html. IAM: IAM/latest/APIReference/API_CreateRole.html. The others: the API reference of
the action that creates the thing, on docs.aws.amazon.com.
"""

import re
from typing import NamedTuple


class Rule(NamedTuple):
    key: str
    most: int
    pattern: str
    never: str = "(?!)"


WORD = r"[A-Za-z0-9_.-]+"
RULES = {
    "AWS::CloudWatch::Alarm": Rule("AlarmName", 255, r"\S(.*\S)?"),
    "AWS::CloudWatch::Dashboard": Rule("DashboardName", 255, r"[A-Za-z0-9_-]+"),
    "AWS::CodeBuild::Project": Rule("Name", 150, r"[A-Za-z0-9][A-Za-z0-9_-]+"),
    "AWS::CodeCommit::Repository": Rule("RepositoryName", 100, WORD, r".*\.git"),
    "AWS::CodePipeline::Pipeline": Rule("Name", 100, r"[A-Za-z0-9.@_-]+"),
    "AWS::EC2::SecurityGroup": Rule("GroupName", 255, r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+", "sg-.*"),
    "AWS::Events::Rule": Rule("Name", 64, WORD),
    "AWS::IAM::Role": Rule("RoleName", 64, r"[A-Za-z0-9_+=,.@-]+"),
    "AWS::KMS::Alias": Rule("AliasName", 256, r"alias/[A-Za-z0-9/_-]+", "alias/aws/.*"),
    "AWS::Logs::LogGroup": Rule("LogGroupName", 512, r"[A-Za-z0-9_./#-]+", "aws/.*"),
    "AWS::S3::Bucket": Rule(
        "BucketName", 63, r"[a-z0-9]([a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]",
        r"(xn--|sthree-|amzn-s3-demo-).*|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)|\d+(\.\d+){3}",
    ),
    "AWS::SNS::Topic": Rule("TopicName", 256, r"[A-Za-z0-9_-]+"),
    "AWS::SSM::Parameter": Rule("Name", 1011, r"/[A-Za-z0-9_./-]+", "/?(aws|ssm).*"),
    "AWS::SageMaker::ModelPackageGroup": Rule("ModelPackageGroupName", 63, r"[A-Za-z0-9](-*[A-Za-z0-9])*"),
    # Only the stack is no resource of its template.
    "stack": Rule("", 128, r"[A-Za-z][A-Za-z0-9-]*"),
}


def name_of(kind, properties):
    return properties.get(RULES[kind].key) if kind in RULES else None


def wrong(kind, name):
    rule = RULES[kind]
    if len(name) > rule.most:
        yield f"{name} has {len(name)} characters, {kind} takes {rule.most}"
    if not re.fullmatch(rule.pattern, name) or re.fullmatch(rule.never, name):
        yield f"{name} is no name for {kind}"
