"""Deploys the model that a person has approved: creates the endpoint, or gives the existing one the new model.

The pipeline hands over MODEL_PACKAGE_ARN. The stack's roles allow no names but those that begin with NAME_PREFIX.
"""

import os
import time
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

PREFIX = os.environ["NAME_PREFIX"]
ROLE = os.environ["SAGEMAKER_EXECUTION_ROLE_ARN"]
PACKAGE = os.environ["MODEL_PACKAGE_ARN"]

# Set in enterprise, where endpoints run in the VPC and under the stack's key.
SUBNETS = os.environ.get("SUBNET_IDS", "")
SECURITY_GROUP = os.environ.get("SECURITY_GROUP_ID", "")
KEY = os.environ.get("KMS_KEY_ARN", "")

ENDPOINT = f"{PREFIX}-endpoint"


def check_files(package: dict) -> None:
    """Builds can write to the bucket of the models, so the files have to be those that were approved."""
    for container in package["InferenceSpecification"]["Containers"]:
        registered = container.get("ModelDataETag")
        if registered:
            place = urlsplit(container["ModelDataUrl"])
            found = boto3.client("s3").head_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["ETag"]
            if found.strip('"') != registered.strip('"'):
                raise SystemExit(f"{container['ModelDataUrl']} changed after it was registered")


def endpoint_exists(sagemaker) -> bool:
    try:
        status = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"]
    except ClientError as error:
        # SageMaker has no code of its own for a missing endpoint.
        if "Could not find endpoint" in error.response["Error"]["Message"]:
            return False
        raise
    # An endpoint whose creation failed can only be deleted, and the stack's roles delete none.
    if status == "Failed":
        raise SystemExit(f"{ENDPOINT} is Failed: delete it, and start the pipeline again with {PACKAGE}")
    return True


def deploy() -> None:
    sagemaker = boto3.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=PACKAGE)
    if package["ModelApprovalStatus"] != "Approved":
        raise SystemExit(f"{PACKAGE} is {package['ModelApprovalStatus']}")
    check_files(package)
    update = endpoint_exists(sagemaker)

    name = f"{PREFIX}-{package['ModelPackageVersion']}-{int(time.time())}"
    model = {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": PACKAGE}}
    if SUBNETS:
        model["VpcConfig"] = {"Subnets": SUBNETS.split(","), "SecurityGroupIds": [SECURITY_GROUP]}
    sagemaker.create_model(**model)

    config = {
        "EndpointConfigName": name,
        "ProductionVariants": [
            {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    }
    if KEY:
        config["KmsKeyId"] = KEY
    sagemaker.create_endpoint_config(**config)

    if update:
        sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)
    else:
        sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)
    # An update that fails leaves the endpoint in service, with its earlier model.
    if sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] != name:
        raise SystemExit(f"{ENDPOINT} was not updated to {PACKAGE}")
    print("deployed", PACKAGE, "to", ENDPOINT)


if __name__ == "__main__":
    deploy()
