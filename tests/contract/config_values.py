"""Values for configs of any product, the awkward ones among them."""

import itertools

# Some of each partition.
REGIONS = [
    "us-east-1", "sa-east-1", "eu-central-1", "af-south-1", "me-central-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1",
    "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1", "eu-isoe-west-1", "us-isof-south-1",
]

ACCOUNTS = ["123456789012", "000000000042"]
COMPANIES = ["Edge Corporation", "Müller & Söhne", "{% raw %} !Ref \"x\" # ${AWS::AccountId}"]

# Valid tags that YAML, Jinja or CloudFormation might take for something else.
AWKWARD_TAGS = {
    "Team": "forecasting", "CostCenter": "0042", "no": "yes", "on": "off", "1_000": "12:30:45",
    "0x1F": "1e3", "=": "= =", "Ref": "Fn::GetAtt", "Fn::Sub": "Custom::Thing",
    "key: with colon": "- dash", "@at": ": colon first", " leading": "trailing ",
    "Größe": "größer als 10", "部門": "機械学習", "e@mail": "a.b+c@d-e.f/g=h", "empty": "",
    "null": "null", "true": "false", "2001-01-01": "2001-01-01T00:00:00Z", ".": "-", "Environment": "live",
    "ManagedBy": "someone", "AWs": "awS", "aw": "a", "Provisioner": "provisioner:config", "longest": "",
}


def tags(count):
    chosen = dict(itertools.islice(AWKWARD_TAGS.items(), count))
    # The most that the strictest service takes, which is CodeBuild.
    if chosen.pop("longest", None) is not None:
        chosen["k" * 127] = "v" * 255
    for number in range(len(chosen), count):
        chosen[f"Extra{number}"] = f"value {number}"
    return chosen
