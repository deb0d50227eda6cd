"""Starts the AWS emulator, with what AWS does with policies of buckets and the emulator does not.

CloudFormation imports them, and does not create one for a bucket that has one:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
"""

import sys

from ministack.app import main
from ministack.services.cloudformation import provisioners

POLICY = provisioners._RESOURCE_HANDLERS["AWS::S3::BucketPolicy"]
create = POLICY["create"]


def create_first(logical_id, properties, stack):
    bucket = properties.get("Bucket", "")
    if provisioners._s3._bucket_policies.get(bucket) is not None:
        raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
    return create(logical_id, properties, stack)


POLICY["create"] = create_first
POLICY["import"] = lambda identifier: (f"{identifier['Bucket']}-policy", {})

sys.exit(main())
