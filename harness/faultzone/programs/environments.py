"""The variables by which clients are told of keys, a region and an authority."""

from __future__ import annotations


def keys(key_id: str, secret: str, region: str) -> dict[str, str]:
    """The variables from which clients read a key pair and the ID of a region."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "ALIBABA_CLOUD_REGION_ID": region,
        "ALICLOUD_ACCESS_KEY": key_id,
        "ALICLOUD_SECRET_KEY": secret,
        "ALICLOUD_REGION": region,
    }
