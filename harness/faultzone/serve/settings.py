"""The settings by which a client uses an endpoint, ready to be pasted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

_PYTHON: Final = """\
# aliyun-python-sdk-core
from aliyunsdkcore.client import AcsClient
client = AcsClient({key}, {secret}, {region})
client.add_endpoint({region}, "Ecs", {host})

# alibabacloud-ecs20140526
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
client = Client(Config(access_key_id={key}, access_key_secret={secret}, endpoint={host}, protocol="http"))
"""
_NODE: Final = """\
// @alicloud/ecs20140526
const Ecs = require('@alicloud/ecs20140526')
const {{ $OpenApiUtil }} = require('@alicloud/openapi-core')
const keys = {{ accessKeyId: {key}, accessKeySecret: {secret} }}
const ecs = new Ecs.default(new $OpenApiUtil.Config({{ ...keys, endpoint: {host}, protocol: 'http' }}))

// @alicloud/pop-core
const Core = require('@alicloud/pop-core')
const pop = new Core({{ ...keys, endpoint: 'http://' + {host}, apiVersion: '2014-05-26' }})
"""
_TERRAFORM: Final = """\
provider "alicloud" {{
  access_key             = {key}
  secret_key             = {secret}
  region                 = {region}
  protocol               = "HTTP"
  skip_region_validation = true
  endpoints {{
    ecs = {host}
  }}
}}
"""
_ALIYUN: Final = """\
aliyun configure set --mode AK --access-key-id {key} --access-key-secret {secret} --region {region}
alias ecs='aliyun ecs --endpoint {host} --insecure'
"""
_ENVIRONMENT: Final = """\
export ALIBABA_CLOUD_ACCESS_KEY_ID={key} ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}
export ALIBABA_CLOUD_REGION_ID={region} ALICLOUD_REGION={region}
export ALICLOUD_ACCESS_KEY={key} ALICLOUD_SECRET_KEY={secret}
"""


class _Client(NamedTuple):
    """The settings of a client, and how a value is written there."""

    settings: str
    quoted: Callable[[str], str]


def _hcl(said: str) -> str:
    """A text as Terraform's language writes it, in which `${` and `%{` begin a template."""
    return json.dumps(said).replace("${", "$${").replace("%{", "%%{")


#: The clients that are configured by a text.
CLIENTS: Final[Mapping[str, _Client]] = {
    "python": _Client(_PYTHON, repr),
    "node": _Client(_NODE, json.dumps),
    "terraform": _Client(_TERRAFORM, _hcl),
    "aliyun": _Client(_ALIYUN, shlex.quote),
}
_SHELL: Final = _Client(_ENVIRONMENT, shlex.quote)


def text(client: str, host: str, key: Sequence[str], region: str) -> str:
    """The settings of one client.

    Args:
        client: one of `CLIENTS`, or `environment` for the variables that many of them read.
        host: the host and the port of the endpoint.
        key: the id and the secret of a key pair.
        region: the ID of a region.
    """
    settings, quoted = _SHELL if client == "environment" else CLIENTS[client]
    values = {"key": key[0], "secret": key[1], "region": region, "host": host}
    return settings.format_map({name: quoted(value) for name, value in values.items()})


def all_texts(host: str, key: Sequence[str], region: str) -> dict[str, str]:
    """The same of every client, by name, the environment first."""
    return {each: text(each, host, key, region) for each in ("environment", *CLIENTS)}
