"""Wrong regions of launch templates and their versions."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    accept,
    after,
    answer,
    at,
    before,
    counted,
    default,
    drop,
    emptied,
    in_ascii,
    put,
    refused_as,
    request,
    retry,
    where,
    without,
)
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper

RUN: Final = "RunInstances"
CREATE: Final = "CreateLaunchTemplate"
ADD: Final = "CreateLaunchTemplateVersion"
MODIFY: Final = "ModifyLaunchTemplateDefaultVersion"
DELETE: Final = "DeleteLaunchTemplate"
DROP: Final = "DeleteLaunchTemplateVersion"
TEMPLATES: Final = "DescribeLaunchTemplates"
VERSIONS: Final = "DescribeLaunchTemplateVersions"
A_TEMPLATE: Final = "LaunchTemplateSets.LaunchTemplateSet[]"
A_VERSION: Final = "LaunchTemplateVersionSets.LaunchTemplateVersionSet[]"
DATA: Final = f"{A_VERSION}.LaunchTemplateData"


def names_template(given: Parameters) -> bool:
    """Whether a launch names a template."""
    return "LaunchTemplateId" in given or "LaunchTemplateName" in given


def newest_too(on: Next, given: Parameters, made: Answer) -> object:
    """Make the version that was added the default."""
    named = {name: value for name, value in given.items() if name.startswith("LaunchTemplate")}
    return on(
        MODIFY, {**named, "DefaultVersionNumber": made["LaunchTemplateVersionNumber"], "RegionId": given["RegionId"]}
    )


class VersionsInherit(Wrapper):
    """Gives a version what the first one says, too."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        kept: dict[str, Any] = self.__dict__.setdefault("kept", {})
        if action == CREATE:
            kept.clear()
            kept.update({name: parameters[name] for name in ("Description", "InstanceType") if name in parameters})
        return super().called(action, {**kept, **parameters} if action == ADD else parameters, account)


class InstancesGoToo(Wrapper):
    """Releases what was launched from a template with it."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        launched: list[str] = self.__dict__.setdefault("launched", [])
        done = super().called(action, parameters, account)
        if action == RUN and names_template(parameters):
            launched += done["InstanceIdSets"]["InstanceIdSet"]
        if action == DELETE:
            for each in launched:
                super().called("DeleteInstance", {"InstanceId": each, "Force": True}, account)
            launched.clear()
        return done


REGIONS: Final = (
    row("template-texts-in-ascii", "instance/template-versions", "keeps the descriptions of versions in ASCII",
        answer(VERSIONS, f"{A_VERSION}.VersionDescription", in_ascii())),
    row("ten-templates", "instance/template-limit", "has room for ten templates",
        values={"instance.launch_templates": 10}),
    row("templates-31", "instance/template-limit", "has room for a template too many",
        values={"instance.launch_templates": 31}),
    row("ten-versions", "instance/template-versions-limit", "has room for ten versions",
        values={"instance.template_versions": 10}),
    row("versions-31", "instance/template-versions-limit", "has room for a version too many",
        values={"instance.template_versions": 31}),
    row("templates-named-alike", "instance/template-name", "takes the name of another template",
        retry(CREATE, "LaunchTemplateName.Duplicated", at("LaunchTemplateName", lambda name: f"{name}-2"))),
    row("templates-of-any-name", "instance/template-name", "takes names that are malformed",
        name_is_valid=always(True)),
    row("templates-of-ascii", "instance/template-name", "refuses Chinese names of templates",
        name_is_valid=lambda right, name, length: name.isascii() and right.name_is_valid(name, length)),
    row("versions-inherit", "instance/template-versions", "gives a version what the first one says",
        wrap=VersionsInherit),
    row("versions-begin-at-two", "instance/template-versions", "counts the first version as the second",
        answer(CREATE, "LaunchTemplateVersionNumber", lambda number: number + 1)),
    row("version-description-lost", "instance/template-versions", "forgets what a version is called",
        request((CREATE, ADD), drop("VersionDescription"))),
    row("newest-is-default", "instance/template-default-version", "uses the newest version",
        after(ADD, newest_too)),
    row("default-never-changes", "instance/template-default-version", "keeps the first version as the default",
        accept(MODIFY)),
    row("version-ignored", "instance/template-default-version", "uses the default version whatever is named",
        request(RUN, drop("LaunchTemplateVersion"))),
    row("version-one-always", "instance/template-default-version", "uses the first version where none is named",
        request(RUN, where(names_template, default(LaunchTemplateVersion=1)))),
    row("unknown-template-is-none", "instance/template-unknown", "launches without the template that there is not",
        retry(RUN, "InvalidLaunchTemplate.NotFound", drop("LaunchTemplateId", "LaunchTemplateName"),
              default(ImageId="centos_7_06_64_20G_alibase_20190218.vhd", InstanceType="ecs.g5.large"))),
    row("unknown-version-is-default", "instance/template-unknown", "uses the default for a version that there is not",
        retry(RUN, "InvalidLaunchTemplateVersion.NotFound", drop("LaunchTemplateVersion"))),
    row("unknown-version-is-template", "instance/template-unknown", "does not tell versions from templates",
        refused_as((RUN, MODIFY), "InvalidLaunchTemplateVersion.NotFound", "InvalidLaunchTemplate.NotFound")),
    row("unknown-template-has-no-versions", "instance/template-unknown", "lists no versions of an unknown template",
        refused_as(VERSIONS, "InvalidLaunchTemplate.NotFound", "InvalidParameter")),
    row("default-is-deleted", "instance/template-default-version-stays", "answers that it deleted the default version",
        refused_as(DROP, "InvalidOperation.DeleteDefaultVersion", "InvalidParameter")),
    row("versions-stay", "instance/template-default-version-stays", "keeps versions that are deleted", accept(DROP)),
    row("first-of-the-deleted", "instance/template-default-version-stays", "deletes the first of several versions",
        request(DROP, at("DeleteVersion", lambda numbers: numbers[:1] if isinstance(numbers, list) else numbers))),
    row("template-before-the-call", "instance/template-precedence", "takes the name of the template",
        request(RUN, where(names_template, drop("InstanceName")))),
    row("disk-of-the-template", "instance/template-precedence", "takes the system disk of the template",
        request(RUN, where(names_template, drop("SystemDisk")))),
    row("disk-as-a-whole", "instance/template-precedence", "forgets the template's disk where the call says its size",
        request(RUN, where(names_template, where(lambda given: "SystemDisk" in given,
                at("SystemDisk", lambda disk: {"Category": "cloud_efficiency", "DiskName": "other", **disk}))))),
    *(row(f"template-forgets-{name}", "instance/template-precedence", f"launches without {name} of a template",
          request("CreateLaunchTemplate", drop(name)))
      for name in ("SecurityGroupId", "ZoneId", "InternetChargeType", "InternetMaxBandwidthOut", "RamRoleName",
                   "UserData", "DataDisk")),
    *(row(f"versions-without-{name}", "instance/template-versions-listing", f"forgets {name} of a further version",
          request("CreateLaunchTemplateVersion", drop(name)))
      for name in ("ImageOwnerAlias", "NetworkType", "VpcId", "VSwitchId", "SecurityGroupId", "PrivateIpAddress",
                   "KeyPairName", "RamRoleName", "InternetChargeType", "InternetMaxBandwidthIn", "IoOptimized",
                   "AutoReleaseTime", "Period", "HostName")),
    row("template-forgets-tags", "instance/template-precedence", "launches without the tags of the template",
        request(CREATE, drop("Tag"))),
    row("template-forgets-host-name", "instance/template-precedence", "launches without the host name of the template",
        request(CREATE, drop("HostName"))),
    row("templates-are-tried", "instance/template-checked-at-launch", "looks for what a template names at once",
        before(CREATE, lambda on, given: on(RUN, {**{name: value for name, value in given.items() if not
               name.startswith("LaunchTemplate")}, "Amount": 1}))),
    row("templates-of-all", "instance/template-listing", "ignores ids", request(TEMPLATES, drop("LaunchTemplateId"))),
    row("templates-of-all-names", "instance/template-listing", "ignores names",
        request(TEMPLATES, drop("LaunchTemplateName"))),
    row("templates-of-the-first-id", "instance/template-listing", "finds the first of several ids",
        request(TEMPLATES, at("LaunchTemplateId", lambda ids: ids[:1] if isinstance(ids, list) else ids))),
    row("latest-is-default", "instance/template-listing", "tells the default version as the latest",
        answer(TEMPLATES, A_TEMPLATE, lambda each: {**each, "LatestVersionNumber": each["DefaultVersionNumber"]})),
    row("default-is-one", "instance/template-listing", "tells the first version as the default",
        answer(TEMPLATES, A_TEMPLATE, put(DefaultVersionNumber=1))),
    row("templates-of-the-page", "instance/template-listing", "counts the page alone",
        answer(TEMPLATES, "", counted("TotalCount", "LaunchTemplateSets.LaunchTemplateSet"))),
    row("templates-without-pages", "instance/template-listing", "shows the first page again",
        request(TEMPLATES, drop("PageNumber"))),
    row("versions-of-all-numbers", "instance/template-versions-listing", "ignores numbers",
        request(VERSIONS, drop("LaunchTemplateVersion"))),
    row("versions-from-the-first", "instance/template-versions-listing", "ignores MinVersion",
        request(VERSIONS, drop("MinVersion"))),
    row("versions-to-the-last", "instance/template-versions-listing", "ignores MaxVersion",
        request(VERSIONS, drop("MaxVersion"))),
    row("min-version-left-out", "instance/template-versions-listing", "leaves MinVersion itself out",
        answer(VERSIONS, "LaunchTemplateVersionSets.LaunchTemplateVersionSet",
               without(lambda each: each["VersionNumber"] == 2), when=lambda given: "MinVersion" in given)),
    row("default-filter-ignored", "instance/template-versions-listing", "ignores DefaultVersion",
        request(VERSIONS, drop("DefaultVersion"))),
    row("versions-of-the-page", "instance/template-versions-listing", "counts the page alone",
        answer(VERSIONS, "", counted("TotalCount", "LaunchTemplateVersionSets.LaunchTemplateVersionSet"))),
    row("versions-without-tags", "instance/template-versions-listing", "does not show tags",
        answer(VERSIONS, f"{DATA}.Tags.InstanceTag", emptied())),
    row("versions-without-disks", "instance/template-versions-listing", "does not show data disks",
        answer(VERSIONS, f"{DATA}.DataDisks.DataDisk", emptied())),
    row("versions-without-user-data", "instance/template-versions-listing", "does not show user data",
        answer(VERSIONS, DATA, drop("UserData"))),
    row("versions-without-sizes", "instance/template-versions-listing", "does not show the size of system disks",
        answer(VERSIONS, DATA, drop("SystemDisk.Size"))),
    row("versions-in-full", "instance/template-detail", "shows all whatever DetailFlag says",
        request(VERSIONS, drop("DetailFlag"))),
    row("versions-in-brief", "instance/template-detail", "shows no data unless DetailFlag asks for it",
        request(VERSIONS, default(DetailFlag=False))),
    row("templates-stay", "instance/template-delete", "keeps what is deleted", accept(DELETE)),
    row("instances-go-too", "instance/template-delete", "releases what was launched from a template",
        wrap=InstancesGoToo),
)  # fmt: skip
