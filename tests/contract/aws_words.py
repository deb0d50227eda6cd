#!/usr/bin/env python3
"""Writes the words and names that texts of AWS may show: src/report/aws_words.txt and src/report/aws_names.txt.

    aws_words.py        writes both, from the service models of botocore (Apache-2.0), which the test bed has

A word is in the list if the documentation of several services uses it, or if it is in MORE, which has what messages use besides. A name is
an operation, an error code, a member of a request, a setting or a service. No sentence is copied.
"""

import collections
import html
import re
from pathlib import Path

import botocore.session

ROOT = Path(__file__).resolve().parents[2]
# Services whose documentation is read for words.
WORDS_OF = """
    accessanalyzer acm apigateway application-autoscaling athena autoscaling batch cloudcontrol cloudformation cloudfront cloudtrail
    cloudwatch codeartifact codebuild codecommit codedeploy codepipeline codestar-connections cognito-idp config dynamodb ec2 ecr ecs efs
    eks elasticache elbv2 events firehose glue iam kinesis kms lambda logs opensearch organizations rds redshift route53 s3 s3control
    sagemaker secretsmanager servicecatalog ses sns sqs ssm stepfunctions sts wafv2
""".split()
# Services whose names are listed.
NAMES_OF = """
    cloudcontrol cloudformation cloudwatch codebuild codecommit codepipeline dynamodb ec2 events iam kms lambda logs route53 s3 sagemaker
    secretsmanager sns sqs ssm sts
""".split()
# Their settings are instance types by the hundred, and a message names members that the template has.
WITHOUT_SETTINGS = {"ec2", "sagemaker"}
WITHOUT_MEMBERS = {"ec2", "sagemaker", "dynamodb", "route53"}
# Words of messages that no documentation uses, single letters, and names in messages of old handlers.
MORE = """
    a i s x v an aws hidden http https json yaml utf xml api sdk arn arns cidr dns tls ssl ip id ids url uri vpc kms iam sts sns sqs ssm acl
    acls null nan ok pre non sub t don doesn isn wasn aren couldn unresolved extraneous deregister deregistered ready-state assumed-role
    private-dns-enabled federated-user log-group meantime parameter-group change-set non-existent stack-level
    ami cfn-response circular custom-named db destination-prefix-list-id didn endpoint-config expecting gsi keypair managed-rule
    prefixing stabilize stabilizing subschema suggest unmap unzipped visit
"""
MORE_NAMES = """
    AES256 AmazonCloudFormation AmazonCloudWatch AmazonCloudWatchEvents AmazonEC2 AmazonIdentityManagement AmazonS3 AmazonSNS AmazonSQS
    AmazonSageMaker AmazonElasticFileSystem AmazonDynamoDBv2 AWSCodeBuild AWSCodeCommit AWSCodePipeline AWSEvents AWSKMS AWSLambda
    AWSLogs AWSOrganizations AWSSecretsManager AWSSecurityTokenService AWSSimpleSystemsManagement AWSCloudFormation AWSStepFunctions
    CloudFormation CloudWatch CloudWatchLogs CodeBuild CodeCommit CodePipeline SageMaker EventBridge DynamoDB
    2012-10-17 2008-10-17 2010-09-09 aws-cn aws-us-gov aws-iso aws-iso-b service-role HandlerErrorCode RequestToken
    AccessDenied AccessDeniedException AllAccessDisabled ApplicationInsights AuthFailure AuthorizationHeaderMalformed BucketAlreadyExists
    BucketAlreadyOwnedByYou BucketNotEmpty DependencyViolation DnsOptions EntityTooLarge ExpiredToken ExpiredTokenException
    IllegalLocationConstraintException IncompleteSignature InsufficientFreeAddressesInSubnet InternalError InternetGateway
    InvalidAccessKeyId InvalidArgument InvalidBucketName InvalidClientTokenId InvalidGroup.Duplicate InvalidGroup.NotFound
    InvalidParameter InvalidParameterCombination InvalidParameterValue InvalidPermission.Duplicate InvalidPermission.NotFound
    InvalidRequest InvalidRouteTableID.NotFound InvalidServiceName InvalidSubnetID.NotFound InvalidToken
    InvalidVpcEndpointId.NotFound InvalidVpcID.NotFound KeyTooLongError MalformedPolicy MalformedXML MethodNotAllowed
    MissingAuthenticationToken MissingParameter NoSuchBucket NoSuchBucketPolicy NoSuchKey NoSuchLifecycleConfiguration NotStabilized
    OperationAborted OptInRequired PassRole PermanentRedirect PreconditionFailed PrivateDnsOnlyForInboundResolverEndpoint
    RequestLimitExceeded RequestTimeout RouteAlreadyExists RulesPerSecurityGroupLimitExceeded SecurityGroupLimitExceeded
    ServiceUnavailable SignatureDoesNotMatch SignatureExpired SlowDown Throttling ThrottlingException TooManyBuckets
    UnauthorizedOperation UnrecognizedClientException ValidationError ValidationException VpcEndpointLimitExceeded VpcLimitExceeded
    StatusCode RequestID HTTPS IPv4 IPv6 VPCs ARNs UTF-8 us-iso GitHub OpenIDConnect
    ACLSizePerRole ACLs AWS::Serverless-2016-10-31 AWSLambdaInternal AddressLimitExceeded AmazonAutoScaling AmazonECR
    AmazonNeptune AmazonRDS ArtifactType AttributeDefinitions CannotStartContainerError ChangeSet CreateFileSystem CustomResource
    DBInstance DBInstanceClass DBInstanceNotFound DBParameterGroupFamily EngineVersion Fn::GetAtt FullRepositoryName
    Gateway.NotAttached GatewayLoadBalancer IDs InvalidAMIID.NotFound InvalidBucketAclWithObjectOwnership InvalidSubnet.Conflict
    InvalidVPCNetworkStateFault KeySchema LicenseModel MonitoringInterval MonitoringRoleARN OptionSettings PoliciesPerGroup
    PoliciesPerRole PolicySize RepositoryNotEmptyException ResponseStatus TerminationProtection UnreservedConcurrentExecution
    VPC_CLIENT_ERROR WaitCondition
"""
MIN_USES, MIN_SERVICES, MIN_COMPOUND_USES = 4, 2, 3
WORD = re.compile(r"(?<![\w/.:-])[A-Za-z][a-z]+(?:'[a-z]+)?(?![\w/:-])")
COMPOUND = re.compile(r"(?<![\w/.:-])[a-z]+(?:[-/][a-z]+)+(?![\w/:-])")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{1,60}")


def plain(documentation):
    return html.unescape(re.sub(r"<code>.*?</code>|<a .*?>|<[^>]+>", " ", documentation or ""))


def texts(model):
    yield model.get("documentation")
    for operation in model["operations"].values():
        yield operation.get("documentation")
    for shape in model["shapes"].values():
        yield shape.get("documentation")
        for member in shape.get("members", {}).values():
            yield member.get("documentation")


def names(service, model):
    yield from model["operations"]
    for name, shape in model["shapes"].items():
        if shape.get("exception") or shape.get("error"):
            yield name
            yield shape.get("error", {}).get("code", name)
        if service not in WITHOUT_MEMBERS:
            yield from shape.get("members", {})
        if service not in WITHOUT_SETTINGS:
            yield from shape.get("enum", ())


def main():
    session = botocore.session.Session()
    uses, services, compounds = collections.Counter(), collections.defaultdict(set), collections.Counter()
    named = set()
    for service in sorted({*WORDS_OF, *NAMES_OF}):
        model = session.get_service_model(service)._service_description
        for text in map(plain, texts(model)):
            for word in WORD.findall(text):
                uses[word.lower()] += 1
                services[word.lower()].add(service)
            compounds.update(COMPOUND.findall(text))
        if service in NAMES_OF:
            named.update(names(service, model))
    words = {word for word in uses if uses[word] >= MIN_USES and len(services[word]) >= MIN_SERVICES}
    words |= {word for word in compounds if compounds[word] >= MIN_COMPOUND_USES}
    words |= set(MORE.split())
    for service in session.get_available_services():
        metadata = session.get_service_model(service).metadata
        prefixes = {metadata["endpointPrefix"], metadata.get("signingName", service)}
        words.update(prefix for prefix in prefixes if re.fullmatch("[a-z0-9]+", prefix))
        named |= prefixes
    named |= set(MORE_NAMES.split())
    # What begins with a lower-case letter and has no other mark is a word, not a name.
    named = {name for name in named if NAME.fullmatch(name) and not name.islower()} | {name for name in named if re.fullmatch(r"[a-z]+([-_:][a-z0-9]+)+", name)}
    for file, lines in (("aws_words.txt", words), ("aws_names.txt", named - words)):
        (ROOT / "src/report" / file).write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
        print(file, len(lines))


if __name__ == "__main__":
    main()
