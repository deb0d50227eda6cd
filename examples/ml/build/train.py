"""Trains a model and registers it. A person approves it, and that starts the deployment.

The stack's roles allow no names but those that begin with NAME_PREFIX, and no status of a new model but PendingManualApproval.
"""

import os
import time
from pathlib import Path

import boto3
from botocore.exceptions import WaiterError

PREFIX = os.environ["NAME_PREFIX"]
BUCKET = os.environ["ARTIFACTS_BUCKET"]
ROLE = os.environ["SAGEMAKER_EXECUTION_ROLE_ARN"]
GROUP = os.environ["MODEL_PACKAGE_GROUP_NAME"]
IMAGE = os.environ["TRAINING_IMAGE"]

# Set in enterprise, where jobs run in the VPC and under the stack's key.
SUBNETS = os.environ.get("SUBNET_IDS", "")
SECURITY_GROUP = os.environ.get("SECURITY_GROUP_ID", "")
KEY = os.environ.get("KMS_KEY_ARN", "")


def request(job: str, data: str) -> dict:
    """What CreateTrainingJob takes."""
    job_request = {
        "TrainingJobName": job,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"objective": "binary:logistic", "num_round": "10"},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "ContentType": "text/csv",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    if SUBNETS:
        job_request["VpcConfig"] = {"Subnets": SUBNETS.split(","), "SecurityGroupIds": [SECURITY_GROUP]}
    if KEY:
        job_request["OutputDataConfig"]["KmsKeyId"] = KEY
        job_request["ResourceConfig"]["VolumeKmsKeyId"] = KEY
    return job_request


def print_log(job: str) -> None:
    """The end of a job's log. Its streams begin with the job's name."""
    logs = boto3.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    for stream in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job)["logStreams"]:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], limit=100)
        for event in events["events"]:
            print(event["message"])


def train() -> str:
    """Trains, and returns where the model is."""
    sagemaker = boto3.client("sagemaker")
    job = f"{PREFIX}-train-{int(time.time())}"
    key = f"data/{job}/train.csv"
    boto3.client("s3").upload_file(str(Path(__file__).with_name("train.csv")), BUCKET, key)
    sagemaker.create_training_job(**request(job, f"s3://{BUCKET}/{key}"))
    try:
        sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=job)
    except WaiterError:
        print_log(job)
        raise
    return sagemaker.describe_training_job(TrainingJobName=job)["ModelArtifacts"]["S3ModelArtifacts"]


def register(model: str) -> str:
    """Registers a model, and returns the ARN of its package."""
    package = boto3.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": model}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
    )
    return package["ModelPackageArn"]


if __name__ == "__main__":
    print("registered", register(train()))
