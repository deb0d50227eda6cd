"""Partitions of AWS: their ARNs, DNS suffixes and names of VPC endpoint services.

Regions and suffixes are those of botocore's partitions.json, and the exceptions of endpoint services those of the AWS CDK's
aws-ec2/lib/vpc-endpoint.ts.
"""

import re

# Partition to the beginning of its regions and its DNS suffix.
PARTITIONS = {
    "aws-cn": ("cn-", "amazonaws.com.cn"),
    "aws-us-gov": ("us-gov-", "amazonaws.com"),
    "aws-iso": ("us-iso-", "c2s.ic.gov"),
    "aws-iso-b": ("us-isob-", "sc2s.sgov.gov"),
    "aws-iso-e": ("eu-isoe-", "cloud.adc-e.uk"),
    "aws-iso-f": ("us-isof-", "csp.hci.ic.gov"),
    "aws-eusc": ("eusc-de-", "amazonaws.eu"),
    "aws": ("", "amazonaws.com"),
}
CHINA, TWO = "cn.com.amazonaws", ("sagemaker.api", "sagemaker.runtime")
# Everywhere else a service is called com.amazonaws.{region}.{service}; so is every gateway to S3.
EXCEPTIONS = {
    **{(region, service): CHINA for region in ("cn-north-1", "cn-northwest-1") for service in (*TWO, "sts")},
    **{("us-iso-east-1", service): "gov.ic.c2s" for service in TWO},
    **{("us-isob-east-1", service): "gov.sgov.sc2s" for service in TWO},
}


def partition_of(region):
    """The part of AWS that a region is of, which its ARNs name."""
    return next(name for name, (start, _) in PARTITIONS.items() if re.match(start, region))


def suffix_of(region):
    return PARTITIONS[partition_of(region)][1]


def endpoint_service(region, service):
    return f"{EXCEPTIONS.get((region, service), 'com.amazonaws')}.{region}.{service}"
