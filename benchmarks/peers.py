"""moto's EC2, which models instances of another cloud: through boto3, and its backend model without any client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.measure import installed

INSTALLED: Final = installed("moto", "boto3")
THROUGH_BOTO3: Final = "moto, boto3"
MODEL: Final = "moto, its model"
REGION: Final = "us-east-1"


def client() -> Any:
    """A client of boto3 whose calls never leave the process while `mock_aws` is entered."""
    import boto3

    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client("ec2")


class Filled:
    """A mocked EC2 with instances in it, run one by one."""

    def __init__(self, count: int) -> None:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.ec2.models import ec2_backends

        self.client = client()
        self.model: Any = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
        self.image: str = self.client.describe_images()["Images"][0]["ImageId"]
        self.ids = [self.run().instances[0].id for _ in range(count)]

    def run(self, count: int = 1) -> Any:
        """Run instances by the model alone."""
        kind = {"instance_type": "m5.large", "is_instance_type_default": False, "region_name": REGION}
        return self.model.run_instances(self.image, count, None, [], **kind)

    def run_through_boto3(self) -> Any:
        """Run one instance through boto3."""
        return self.client.run_instances(ImageId=self.image, MinCount=1, MaxCount=1, InstanceType="m5.large")


@contextmanager
def moto(count: int = 0) -> Iterator[Filled]:
    """A mocked EC2 with `count` instances, for the length of the block."""
    from moto import mock_aws

    with mock_aws():
        yield Filled(count)
