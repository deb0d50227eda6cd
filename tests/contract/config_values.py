"""Values for configs of any product, the awkward ones among them."""

import itertools

REGIONS = [
    "us-east-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-south-2",
    "ap-southeast-1", "af-south-1", "me-central-1",
    "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1",
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
    "ManagedBy": "someone", "AWs": "awS", "aw": "a", "Provisioner": "provisioner:config", "k" * 128: "v" * 256,
}


def tags(count):
    chosen = dict(itertools.islice(AWKWARD_TAGS.items(), count))
    for number in range(len(chosen), count):
        chosen[f"Extra{number}"] = f"value {number}"
    return chosen
