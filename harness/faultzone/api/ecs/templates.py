"""The actions on launch templates. Source: API reference of February 2019, chapter "Launch templates"."""

from __future__ import annotations

from faultzone.api.answer import CURRENT, Answer, Number, Numbers, Structure, Text
from faultzone.api.ecs.instances import Launch
from faultzone.api.ecs.reasons import (
    NO_CPU_OPTIONS,
    NO_GROUPS,
    NO_IPV6,
    NO_LOGIN_OPTIONS,
    NO_METADATA_OPTIONS,
    NO_TAGS,
    ONE_INTERFACE,
    ONE_SECURITY_GROUP,
)
from faultzone.api.request import Request, text


class CreateLaunchTemplate(Launch):
    """Keep the parameters of RunInstances under a name."""

    needs_region = True

    launch_template_name: str = text("LaunchTemplateName", required=True)
    version_description: str | None = text("VersionDescription", inert=(2019, 2))
    image_owner_alias: str | None = text("ImageOwnerAlias", inert=(2019, 2))
    network_type: str | None = text("NetworkType", among=("classic", "vpc"), inert=(2019, 2))
    vpc_id: str | None = text("VpcId", inert=(2019, 2))
    auto_release_time: str | None = text("AutoReleaseTime")

    not_simulated = (
        (NO_METADATA_OPTIONS, "HttpEndpoint=enabled HttpTokens=optional HttpPutResponseHopLimit"),
        (NO_IPV6, "Ipv6AddressCount=0"),
        (NO_LOGIN_OPTIONS, "ImageOptions=false EnableVmOsConfig=false"),
        (ONE_INTERFACE, "NetworkInterface"),
        (NO_CPU_OPTIONS, "SecurityOptions"),
        (NO_GROUPS, "TemplateResourceGroupId"),
        (NO_TAGS, "TemplateTag"),
        (ONE_SECURITY_GROUP, "SecurityGroupIds"),
    )

    answer = Answer(Text("LaunchTemplateId"), Number("LaunchTemplateVersionNumber"))


class DeleteLaunchTemplate(Request):
    """Delete a launch template with all its versions."""

    needs_region = True

    launch_template_id: str | None = text("LaunchTemplateId")
    launch_template_name: str | None = text("LaunchTemplateName")

    answer = Answer(
        Text("LaunchTemplateId"),
        Structure("LaunchTemplateVersionNumbers", Numbers("versionNumbers"), since=CURRENT),
    )
