"""Judges a template of the S3 product."""

from partitions import endpoint_service
from policies import applies
from templates import IN_A_REQUEST, by_type, check_any, evaluated, hardened, load, same, tag_map


def lifecycle_events(bucket):
    happens = set()
    for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []):
        assert rule["Status"] == "Enabled" and rule["Prefix"] == "solutions/", rule
        for state, key in [("current", "Transitions"), ("noncurrent", "NoncurrentVersionTransitions")]:
            happens |= {(f"{state} moves", t["TransitionInDays"], t["StorageClass"]) for t in rule.get(key, [])}
        # The empty objects that are folders may age with the data only where that takes years.
        if rule.get("ExpirationInDays", 2555) < 2555:
            assert rule.get("ObjectSizeGreaterThan") == "0", "folders would expire"
        for what, value in [
            ("current expires", rule.get("ExpirationInDays")),
            ("noncurrent expires", rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")),
            ("upload aborted", rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")),
            ("delete marker removed", rule.get("ExpiredObjectDeleteMarker")),
        ]:
            if value is not None:
                happens.add((what, value, None))
    return happens


def check_bucket_policy(document, expected):
    arn = f"arn:{expected.partition}:s3:::{expected.bucket}"
    data, folder = f"{arn}/solutions/a/data/raw/x.csv", f"{arn}/solutions/a/data/raw/"
    template = f"{arn}/solutions/a/config/cloudformation/x-template.yaml"
    web = {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}
    # Whichever endpoint of the VPC, the stack's own one or another.
    inside, outside = ({**web, "aws:SourceVpce": "vpce-1", "aws:SourceVpc": vpc} for vpc in (expected.vpc or "vpc-1", "vpc-other"))
    insecure = {**inside, "aws:SecureTransport": "false"}
    anonymous = {"aws:SecureTransport": "true"}
    limited = expected.vpc is not None
    cases = [
        ("s3:GetObject", data, insecure, True),
        ("s3:ListBucket", arn, insecure, True),
        ("s3:PutBucketPolicy", arn, insecure, True),
        ("s3:GetObject", data, inside, False),
        ("s3:PutObject", data, inside, False),
        ("s3:PutObjectTagging", data, inside, False),
        # The data, from anywhere else.
        ("s3:GetObject", data, web, limited),
        ("s3:GetObject", data, outside, limited),
        ("s3:GetObject", data, anonymous, limited),
        ("s3:GetObjectVersion", data, web, limited),
        ("s3:PutObject", data, web, limited),
        ("s3:PutObjectTagging", data, web, limited),
        ("s3:PutObject", f"{arn}/elsewhere", web, limited),
        # What has to go on working from anywhere: administration, our own writes, AWS services.
        *[
            (f"s3:{action}", arn, web, False)
            for action in "PutBucketPolicy DeleteBucketPolicy GetBucketPolicy PutBucketTagging DeleteBucket"
            " PutLifecycleConfiguration GetLifecycleConfiguration ListBucket ListBucketVersions".split()
        ],
        ("s3:DeleteObject", data, web, False),
        ("s3:DeleteObjectVersion", data, web, False),
        # What may be written anywhere is read inside only: an object can be copied there.
        *[
            (f"s3:{action}", key, context, limited)
            for action in "GetObject GetObjectVersion GetObjectTagging GetObjectAttributes PutObjectTagging".split()
            for key in (folder, template)
            for context in (web, outside, anonymous)
        ],
        ("s3:PutObject", folder, web, False),
        ("s3:PutObject", template, web, False),
        ("s3:GetObject", data, {**web, "aws:ViaAWSService": "true"}, False),
        ("s3:GetObject", data, {**web, "aws:PrincipalIsAWSService": "true"}, False),
    ]
    statements = document["Statement"]
    assert all(s["Effect"] == "Deny" and s["Principal"] == "*" for s in statements), "the policy may only deny"
    for action, resource, context, denied in cases:
        actual = any(applies(s, action, resource, context) for s in statements)
        if actual != denied:
            yield f"bucket policy: {action} on {resource} with {context}: denied is {actual}, expected {denied}"


def check_template(path, expected):
    template = load(path)
    yield from check_any(template)
    resources = template["Resources"]
    kinds = by_type(resources)
    counts = {"AWS::S3::Bucket": 1, "AWS::S3::BucketPolicy": 1, "AWS::SSM::Parameter": len(expected.parameters())}
    if expected.endpoint:
        counts["AWS::EC2::VPCEndpoint"] = 1
    yield from same("resources", {kind: len(names) for kind, names in kinds.items()}, counts)
    if path.stat().st_size > IN_A_REQUEST:
        yield f"{path.stat().st_size} bytes, CloudFormation takes {IN_A_REQUEST} in a request"

    (bucket_id,) = kinds["AWS::S3::Bucket"]
    bucket = resources[bucket_id]
    for key in ["DeletionPolicy", "UpdateReplacePolicy"]:
        yield from same(key, bucket.get(key), "Retain")
    properties = dict(bucket["Properties"])
    yield from same("lifecycle", lifecycle_events(properties), expected.events())
    sizes = properties.pop("LifecycleConfiguration", {}).get("TransitionDefaultMinimumObjectSize")
    yield from same("least size of a transition", sizes, None if expected.lifecycle == "none" else "all_storage_classes_128K")
    yield from same("bucket tags", tag_map(properties.pop("Tags")), expected.tags)
    yield from hardened(properties, {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})
    wanted = {"BucketName": expected.bucket}
    if expected.versioning:
        wanted["VersioningConfiguration"] = {"Status": "Enabled"}
    yield from same("bucket", properties, wanted)

    known = {
        bucket_id: expected.bucket,
        f"{bucket_id}.Arn": f"arn:{expected.partition}:s3:::{expected.bucket}",
        **{name: "vpce-this" for name in kinds.get("AWS::EC2::VPCEndpoint", [])},
    }
    (policy_id,) = kinds["AWS::S3::BucketPolicy"]
    policy = evaluated(resources[policy_id]["Properties"], known)
    yield from same("bucket of the policy", policy["Bucket"], expected.bucket)
    yield from check_bucket_policy(policy["PolicyDocument"], expected)

    for name in kinds.get("AWS::EC2::VPCEndpoint", []):
        endpoint = dict(resources[name]["Properties"])
        yield from same("endpoint tags", tag_map(endpoint.pop("Tags")), expected.tags)
        wanted = {
            "VpcEndpointType": "Gateway",
            "ServiceName": endpoint_service(expected.region, "s3"),
            "VpcId": expected.vpc,
        }
        if expected.route_tables:
            wanted["RouteTableIds"] = expected.route_tables
        yield from same("endpoint", endpoint, wanted)

    # A reference to a resource as one to its type, for ids are the template's own affair.
    def with_types(value):
        match value:
            case {"Ref": name}:
                return {"Ref": resources[name]["Type"]}
            case {"Fn::GetAtt": [name, attribute]}:
                return {"Fn::GetAtt": [resources[name]["Type"], attribute]}
        return value

    found = {}
    for name in kinds["AWS::SSM::Parameter"]:
        parameter = resources[name]["Properties"]
        found[parameter["Name"]] = with_types(parameter["Value"])
        yield from same(f"type of {name}", parameter["Type"], "String")
        yield from same(f"tags of {name}", parameter["Tags"], expected.tags)
    yield from same("parameters", found, expected.parameters())

    outputs = {name: with_types(output["Value"]) for name, output in template["Outputs"].items()}
    prefix = f"/s3/{expected.config}/"
    wanted = {name.removeprefix(prefix): value for name, value in expected.parameters().items()}
    yield from same("outputs", outputs, {name: value for name, value in wanted.items() if "/" not in name})
