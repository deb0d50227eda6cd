"""What the operator of one stack needs, from its template and from our own calls."""

import re
from typing import NamedTuple

import yaml

import ml_expected, s3_expected
from handlers import ALWAYS, HANDLERS, NOTHING, PASSED
from iam_reference import kind_of, types
from operator_calls import EVERY, IAM_NAMES, IN_TURN, ML, S3
from policies import listed

# A stack and names of a test deployment end like this, and as a policy says it.
TRIAL, ANY_TRIAL = "-t0a1b2c", "-t??????"
OURS = "provisioner:config"
# Known for all of EC2, but we tag nothing beside what is ours.
TAGGING = {"ec2:CreateTags", "ec2:DeleteTags"}
# Where the config names a boundary, a role without it is none of ours.
BOUND = {"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}


class Where(NamedTuple):
    """Resources: some that the operator has to reach, and the widest patterns that are justified. The names of a test are in its own template."""

    samples: tuple[str, ...]
    bounds: tuple[str, ...]
    # Names are given by AWS, so only our tag tells which of them is ours.
    tagged: bool = False


class Need(NamedTuple):
    action: str
    where: Where
    # What is true of our own calls, and must not be allowed if it were not.
    context: dict
    why: str


def exact(arn):
    return Where((arn,), (arn, arn + ANY_TRIAL))


def begins(arn):
    """A physical name with all that begins with it: exact patterns of both forms would not fit into one policy."""
    return Where((arn,), (arn + "*",))


def family(arn, before, behind=""):
    """A name with those that differ in the word between."""
    stem = re.fullmatch(f"(.*{before})(build|deploy|approved|source){behind}(-t.{{6}})?", arn)
    return Where((arn,), (f"{stem[1]}*{behind}*",))


def role(arn):
    """A role of a test deployment ends with the trial's suffix in place of its last words, since a role's name has 64 characters."""
    stem = re.sub("(-execution)?-role$", "", arn)
    return Where((arn,), (re.sub("-code(build|build-deploy|pipeline)$", "-code", stem) + "*",))


def of_any_test(bound):
    """With what every test has in place of one test's suffix."""
    return re.sub("-t[0-9a-z]{6}$", ANY_TRIAL, re.sub("-t[0-9a-z]{6}(?=[*])", "", bound))


def under(arn, *samples):
    return Where(tuple(arn.replace("*", sample) for sample in samples), (arn,))


ANYTHING = Where(("*",), ("*",))


class Target:
    """One config with what was rendered from it, or what a test deployment of it sends."""

    def __init__(self, config, trial=None):
        self.product = "s3" if "s3" in yaml.safe_load(config.read_text(encoding="utf-8")) else "ml"
        expected = {"ml": ml_expected, "s3": s3_expected}[self.product].Expected(config)
        self.region, self.account, self.partition = expected.region, expected.account, expected.partition
        self.own = expected.tags[OURS]
        self.trial = trial is not None
        self.stack = trial.name.removesuffix(".yaml") if trial else f"{self.own}-stack"
        self.template = load_template(trial or config.parent.parent / "templates" / expected.template)
        self.config, self.trials = config, sorted((config.parent.parent / "trials" / config.stem).glob("*.yaml"))
        self.policy = config.parent.parent / "policies" / expected.policy
        self.resources = self.template["Resources"]
        self.test = None if self.trial or not self.trials else Target(config, self.trials[0])
        # What configs like this one set, by logical id: a change in place takes a property away as well as it brings one.
        self.settable = {}

    def arn(self, service, rest, region=None):
        region, account = (self.region if region is None else region), self.account
        if service in ("s3", "route53"):
            region = account = ""
        return f"arn:{self.partition}:{service}:{region}:{account}:{rest}"

    def of(self, value):
        """Where the resource is that a value refers to."""
        match value:
            case {"Ref": name} | {"Fn::GetAtt": [name, _]} if name in self.resources:
                return self.places(name)
        raise ValueError(f"{value} refers to no resource")

    def places(self, name):
        """Where the handlers of a resource work. A test may have to cut the name, so that its name is another one."""
        found = self.places_of_its_name(name)
        if not self.test or name not in self.test.resources:
            return found
        others = self.test.places_of_its_name(name)
        return [where._replace(bounds=(*where.bounds, *map(of_any_test, other.bounds))) for where, other in zip(found, others)]

    def places_of_its_name(self, name):
        p, arn = self.resources[name]["Properties"], self.arn
        match self.resources[name]["Type"]:
            case "AWS::CloudWatch::Alarm":
                return [begins(arn("cloudwatch", f"alarm:{p['AlarmName']}"))]
            case "AWS::CloudWatch::Dashboard":
                return [begins(arn("cloudwatch", f"dashboard/{p['DashboardName']}", region=""))]
            case "AWS::CodeBuild::Project":
                return [begins(arn("codebuild", f"project/{p['Name']}"))]
            # The policy has one pattern for both repositories, for both pipelines, for the rules, and for the roles of both kinds of builds.
            case "AWS::CodeCommit::Repository":
                return [family(arn("codecommit", p["RepositoryName"]), "-model-"), *(self.of(p["KmsKeyId"]) if "KmsKeyId" in p else [])]
            case "AWS::CodePipeline::Pipeline":
                return [family(arn("codepipeline", p["Name"]), "-", "-pipeline")]
            case "AWS::EC2::SecurityGroup":
                vpc = under(arn("ec2", f"vpc/{name_or_any(p['VpcId'])}"), "vpc-1")
                return [under(arn("ec2", "security-group/*"), "sg-1")._replace(tagged=True), vpc]
            case "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress":
                return self.of(p["GroupId"])
            case "AWS::EC2::VPCEndpoint":
                places = [
                    under(arn("ec2", "vpc-endpoint/*"), "vpce-1")._replace(tagged=True),
                    under(arn("ec2", f"vpc/{name_or_any(p['VpcId'])}"), "vpc-1"),
                    under(arn("route53", "hostedzone/*"), "Z1"),
                ]
                # Those that the config does not name any more have to be dropped, so any of them may be meant.
                for key, kind in [("RouteTableIds", "route-table"), ("SubnetIds", "subnet"), ("SecurityGroupIds", "security-group")]:
                    if key in self.settable.get(name, p) or key in p:
                        places.append(under(arn("ec2", f"{kind}/*"), "some-1"))
                return places
            case "AWS::Events::Rule":
                return [family(arn("events", f"rule/{p['Name']}"), "-")]
            case "AWS::IAM::Role":
                return [role(arn("iam", f"role/{p['RoleName']}", region=""))]
            case "AWS::KMS::Alias":
                return [begins(arn("kms", p["AliasName"])), *self.of(p["TargetKeyId"])]
            case "AWS::KMS::Key":
                return [under(arn("kms", "key/*"), "0a1b")._replace(tagged=True)]
            case "AWS::Logs::LogGroup":
                # Some actions see it with all streams behind, the others without.
                group = begins(arn("logs", f"log-group:{p['LogGroupName']}"))
                return [group, group._replace(samples=tuple(f"{sample}:*" for sample in group.samples))]
            case "AWS::S3::Bucket":
                return [exact(arn("s3", p["BucketName"]))]
            case "AWS::S3::BucketPolicy":
                return self.of(p["Bucket"])
            case "AWS::SNS::Subscription":
                return self.of(p["TopicArn"])
            case "AWS::SNS::Topic":
                return [begins(arn("sns", p["TopicName"]))]
            case "AWS::SNS::TopicPolicy":
                return self.of(p["Topics"][0])
            case "AWS::SSM::Parameter":
                return [self.own_parameters()]
            case "AWS::SageMaker::ModelPackageGroup":
                return [begins(arn("sagemaker", f"model-package-group/{p['ModelPackageGroupName']}"))]
            case kind:
                raise ValueError(f"{kind} has no ARN here")

    def own_parameters(self):
        """Solutions come and go, so any below the path."""
        return under(self.arn("ssm", f"parameter/{self.product}/{self.own}/*"), "BucketName", f"BucketName{TRIAL}")

    def about(self, what):
        """Where our own calls go."""
        arn, bucket = self.arn, self.properties("AWS::S3::Bucket")[0]["BucketName"]
        match what:
            case "anything":
                return [ANYTHING]
            case "stack":
                real = arn("cloudformation", f"stack/{self.own}-stack")
                return [Where((arn("cloudformation", f"stack/{self.stack}/0a1b"),), (f"{real}/*", f"{real}{ANY_TRIAL}/*"))]
            case "change sets":
                return [under(arn("cloudformation", "changeSet/*/*"), "0a1b")]
            case "own parameters":
                return [self.own_parameters()]
            case "inputs":
                inputs = self.template.get("Parameters", {}).values()
                assert all(p["Type"].startswith("AWS::SSM::Parameter::Value<") for p in inputs)
                return [under(arn("ssm", f"parameter{p['Default']}"), "") for p in inputs]
            case "network":
                return [ANYTHING] if any((self.vpcs(), *map(self.networks_name, ("SubnetIds", "RouteTableIds")))) else []
            case "named VPC":
                return [under(arn("ec2", f"vpc/{vpc}"), "") for vpc in self.vpcs()]
            case "any VPC":
                # Of a parameter, or of the endpoint that is there already, the template does not say which VPC it is.
                return [Where((), (arn("ec2", "vpc/*"),))]
            case "neighbours":
                return [Where((), ("*",))] if self.vpcs() or self.properties("AWS::EC2::VPCEndpoint") or "VpcId" in self.template.get("Parameters", {}) else []
            case "named subnets":
                return [under(arn("ec2", f"subnet/{subnet}"), "") for subnet in self.networks_name("SubnetIds")]
            case "named route tables":
                return [under(arn("ec2", f"route-table/{table}"), "") for table in self.networks_name("RouteTableIds")]
            case "bucket":
                (name,) = (name for name, r in self.resources.items() if r["Type"] == "AWS::S3::Bucket")
                return self.places(name)
            case "contents":
                return [under(arn("s3", f"{bucket}/*"), "a", "a/b")]
            case "folders":
                return [under(arn("s3", f"{bucket}/solutions/*/"), "new", "new/data/raw")]
            case "templates":
                return [under(arn("s3", f"{bucket}/solutions/new/config/cloudformation/x.yaml"), "")._replace(
                    bounds=(arn("s3", f"{bucket}/solutions/*/config/cloudformation/*"),))]
            case "contents of the trial bucket":
                test = self.test.properties("AWS::S3::Bucket")[0]["BucketName"] if self.test else bucket + TRIAL
                return [Where((arn("s3", f"{bucket}/a/b"),) if self.trial else (), (arn("s3", f"{of_any_test(test)}/*"),))]
            case "source bucket":
                return [under(arn("s3", name), "") for name in {source["S3Bucket"] for source in self.sources()}]
            case "source archives":
                return [under(arn("s3", f"{source['S3Bucket']}/{source['S3ObjectKey']}"), "") for source in self.sources()]
        raise ValueError(f"nothing is known about {what}")

    def properties(self, kind):
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == kind]

    def networks_name(self, key):
        """What endpoints and builds have under a key, where the config itself says it and no parameter does."""
        networks = [p.get("VpcConfig", {}) for p in self.properties("AWS::CodeBuild::Project")]
        networks = self.properties("AWS::EC2::VPCEndpoint") + [n | {"SubnetIds": n.get("Subnets", [])} for n in networks]
        values = (value for p in networks for value in listed(p.get(key, [])))
        return sorted({value for value in values if isinstance(value, str)})

    def vpcs(self):
        """Those that the config itself names: for endpoints, or as the one that an S3 bucket is tied to."""
        policies = [s for p in self.properties("AWS::S3::BucketPolicy") for s in p["PolicyDocument"]["Statement"]]
        tied = {v for s in policies for values in s.get("Condition", {}).values() for key, v in values.items() if key == "aws:SourceVpc"}
        return sorted({*self.networks_name("VpcId"), *tied})

    def sources(self):
        for pipeline in self.properties("AWS::CodePipeline::Pipeline"):
            for action in pipeline["Stages"][0]["Actions"]:
                if "S3Bucket" in action["Configuration"]:
                    yield action["Configuration"]


def load_template(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def name_or_any(value):
    return value if isinstance(value, str) else "*"


def share_properties(targets):
    """Tells each config what configs like it can set."""
    groups = {}
    for target in targets:
        kinds = frozenset(resource["Type"] for resource in target.resources.values())
        target.settable = groups.setdefault((target.product, kinds), {})
        for name, resource in target.resources.items():
            # A boundary comes with every role of a config, or with none.
            target.settable.setdefault(name, set()).update(resource["Properties"].keys() - {"PermissionsBoundary"})


def needs(target):
    """Everything needed for a config."""
    yield from needs_of_template(target)
    calls = [(why, what, call) for why, what, line in EVERY + {"ml": ML, "s3": S3}[target.product] for call in line.split()]
    for why, what, actions in [(why, what, IAM_NAMES.get(call, call)) for why, what, call in calls] + IN_TURN:
        # The bucket of a test stays empty, but for what a new pipeline writes into it.
        if target.trial and what in ("contents", "folders", "templates"):
            continue
        for action in actions.split():
            for where in target.about(what):
                where = where if types(action) or not where.samples else ANYTHING
                yield Need(action, where, surroundings(target, action, where), why)
    # What docs/diagnostics.md tells a person to run after a failed update.
    for action in "CancelUpdateStack ContinueUpdateRollback RollbackStack".split():
        for where in target.about("stack"):
            yield Need(f"cloudformation:{action}", where, {}, "a person")


def needs_of_template(target):
    for name, resource in target.resources.items():
        kind = resource["Type"]
        lines = HANDLERS[kind]
        for key in (ALWAYS, *sorted(target.settable.get(name, set()) | resource["Properties"].keys())):
            if key == "PrivateDnsEnabled" and not resource["Properties"].get(key):
                continue
            for action in lines.get(key, "").split():
                yield from handler_needs(target, action, name, f"{name}: {key}")
        if kind == "AWS::CodePipeline::Pipeline":
            # A test keeps its pipelines from running.
            pipeline = target.arn("codepipeline", resource["Properties"]["Name"])
            (below,) = family(pipeline, "-", "-pipeline").bounds
            stage = Where((f"{pipeline}/Build",) if target.trial else (), (below,))
            yield Need("codepipeline:DisableStageTransition", stage, {}, "test-deploy")
        key, service = PASSED.get(kind, (None, None))
        for holder in listed(resource["Properties"].get(key, [])):
            for where in target.of(holder.get("RoleArn", holder)):
                yield Need("iam:PassRole", where, {"iam:PassedToService": service}, f"{name}: {key}")


def handler_needs(target, action, name, why):
    if not types(action):
        context = surroundings(target, action, ANYTHING)
        if action == "kms:CreateKey":
            context[f"aws:RequestTag/{OURS}"] = target.own
        yield Need(action, ANYTHING, context, why)
        return
    boundary = target.resources[name]["Properties"].get("PermissionsBoundary")
    for where in target.places(name):
        if not kind_of(action, where.samples[0]) or (action in TAGGING and not where.tagged):
            continue
        # What is created has no tag yet; it gets its tags in the same call.
        new = re.match("ec2:Create(?!Tags)", action)
        context = surroundings(target, action, where)
        if boundary and action in BOUND:
            context["iam:PermissionsBoundary"] = boundary
        if where.tagged and not new:
            context[f"aws:ResourceTag/{OURS}"] = target.own
        if action == "ec2:CreateVpcEndpoint" and kind_of(action, where.samples[0]) == "vpc-endpoint":
            context["ec2:VpceServiceName"] = target.resources[name]["Properties"]["ServiceName"]
        yield Need(action, where, context, why)
        if where.tagged and action == "ec2:CreateTags":
            creates = {"AWS::EC2::SecurityGroup": "CreateSecurityGroup", "AWS::EC2::VPCEndpoint": "CreateVpcEndpoint"}
            yield Need(action, where, {"ec2:CreateAction": creates[target.resources[name]["Type"]]}, why)
        if action == "kms:TagResource":
            # A tag makes a key ours, so it must not be laid on any key at will.
            by_stack = {"aws:CalledVia": "cloudformation.amazonaws.com"}
            yield Need(action, where, {f"aws:RequestTag/{OURS}": target.own, **by_stack}, why)


def surroundings(target, action, where):
    """What takes the place of a region and an account where an ARN has none."""
    if where == ANYTHING:
        return {"aws:RequestedRegion": target.region}
    # A bucket that is to be created has no owner yet, and the source bucket may belong to any account.
    ours = any(re.fullmatch(re.escape(p["BucketName"]) + f"({re.escape(ANY_TRIAL)})?(/.*)?", (where.samples or where.bounds)[0].split(":::")[-1])
               for p in target.properties("AWS::S3::Bucket"))
    if action.startswith("s3:") and action != "s3:CreateBucket" and ours:
        return {"aws:ResourceAccount": target.account}
    return {}


def unlisted(target):
    """Types and properties about which handlers.py says nothing."""
    for name, resource in target.resources.items():
        lines = HANDLERS.get(resource["Type"])
        if lines is None:
            yield f"{name}: handlers.py does not know {resource['Type']}"
            continue
        known = set(lines) | set(lines[NOTHING].split())
        for key in resource["Properties"].keys() - known:
            yield f"{name}: handlers.py does not know {key} of {resource['Type']}"
