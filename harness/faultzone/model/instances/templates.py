"""Launch templates: the parameters of a launch under a name, in versions (deployment-set/launch-template).

Source: API reference of February 2019 and of October 2026, chapter "Launch templates". A template is not held against
what there is: its form is checked when it is made, the rest when something is launched from it
(instance/template-checked-at-launch).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.launches import RunInstances
from faultzone.api.ecs.templates import (
    CreateLaunchTemplate,
    CreateLaunchTemplateVersion,
    DeleteLaunchTemplate,
    DeleteLaunchTemplateVersion,
    DescribeLaunchTemplates,
    DescribeLaunchTemplateVersions,
    ModifyLaunchTemplateDefaultVersion,
    OfTemplate,
    TemplateParameters,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tags, tag_list
from faultzone.model.core.listing import listing
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of
from faultzone.model.core.templates import LaunchTemplate, TemplateVersion
from faultzone.model.instances.checks import check_disks, check_texts, check_user_data
from faultzone.model.instances.interfaces import check_groups_once, check_primary

#: What is said of a template or of a version, and is no parameter of a launch.
_OF_TEMPLATE: Final = frozenset(
    {"launch_template_id", "launch_template_name", "version_description", "template_group", "template_tags"}
)
#: What a version shows and a launch does not take.
_SHOWN_ALONE: Final = frozenset({"image_owner_alias", "network_type", "vpc_id", "os_config"})
#: Parameters of which a launch takes one alone: where a call gives one, those of the template are out of force.
_ALTERNATIVES: Final = (
    frozenset({"security_group_id", "security_group_ids"}),
    frozenset({"host_name", "host_names"}),
    frozenset({"ipv6_addresses", "ipv6_count"}),
)


def with_template(account: AccountState, request: RunInstances) -> RunInstances:
    """The request with what a version of its template says where the call says nothing.

    A structure such as SystemDisk counts by its fields, a list such as DataDisk as a whole.

    Clauses: deployment-set/launch-template, instance/template-default-version, instance/template-precedence.
    """
    template = find_template(account, request.launch_template_id, request.launch_template_name)
    version = _version(template, request.launch_template_version or template.default)
    asked = request.given
    kept = {name: value for name, value in version.given.items() if name not in _SHOWN_ALONE}
    for alternatives in _ALTERNATIVES:
        if alternatives & asked.keys():
            kept = {name: value for name, value in kept.items() if name not in alternatives}
    merged = {
        name: {**kept[name], **value} if isinstance(value, dict) and name in kept else value
        for name, value in asked.items()
    }
    return RunInstances.build(**{**kept, **merged})


def find_template(account: AccountState, template_id: str | None, name: str | None) -> LaunchTemplate:
    """The launch template of that id or name.

    Raises:
        ApiError: `InvalidLaunchTemplate.NotFound` (instance/template-unknown).
    """
    for template in account.launch_templates.values():
        if template_id in (None, template.id) and name in (None, template.name):
            return template
    raise ApiError("InvalidLaunchTemplate.NotFound")


def _named(account: AccountState, request: OfTemplate | CreateLaunchTemplateVersion) -> LaunchTemplate:
    """The template that a request names, as it must."""
    if request.launch_template_id is None and request.launch_template_name is None:
        raise ApiError.of("MissingParameter", name="LaunchTemplateId")
    return find_template(account, request.launch_template_id, request.launch_template_name)


def _version(template: LaunchTemplate, number: int) -> TemplateVersion:
    if number not in template.versions:
        raise ApiError("InvalidLaunchTemplateVersion.NotFound")
    return template.versions[number]


def _parameters(region: RegionState, request: TemplateParameters) -> dict[str, Any]:
    """The parameters of a launch that a request gives; their form is checked."""
    check_excluded(region, request)
    check_primary(request)
    for number, card in enumerate(request.network_interfaces, 1):
        check_groups_once(card, f"NetworkInterface.{number}")
    description = request.version_description
    if description is not None and not region.rules.description_is_valid(
        description, region.edition.instance.description_length
    ):
        raise ApiError("InvalidDescription.Malformed")
    names = [each and region.rules.batch_name(each, 0, "") for each in (request.instance_name, request.host_name)]
    check_texts(region, names[0], request.description, names[1])
    check_user_data(region, request.user_data)
    read_tags(region, request.tags)
    check_disks(region, request)
    return {name: value for name, value in request.given.items() if name not in _OF_TEMPLATE}


@handles(CreateLaunchTemplate)
def create_launch_template(region: RegionState, account: AccountState, request: CreateLaunchTemplate) -> Answer:
    """CreateLaunchTemplate: keep launch parameters under a name, as version 1.

    Clauses: deployment-set/launch-template, instance/template-name, instance/template-versions.
    """
    name = request.launch_template_name
    if not region.rules.name_is_valid(name, region.edition.instance.name_length):
        raise ApiError("InvalidLaunchTemplateName.Malformed")
    if any(template.name == name for template in account.launch_templates.values()):
        raise ApiError("LaunchTemplateName.Duplicated")
    if len(account.launch_templates) >= region.edition.instance.launch_templates:
        raise ApiError("LaunchTemplateLimitExceed")
    kept = kept_group(region, account, request.template_group)
    tags, given = read_tags(region, request.template_tags), _parameters(region, request)
    now = region.clock.now
    template = LaunchTemplate(region.world.resource_id("lt"), name, now, kept, tags)
    account.launch_templates[template.id] = template
    number = template.add(request.version_description or "", given, now)
    return {"LaunchTemplateId": template.id, "LaunchTemplateVersionNumber": number}


@handles(CreateLaunchTemplateVersion)
def create_launch_template_version(
    region: RegionState, account: AccountState, request: CreateLaunchTemplateVersion
) -> Answer:
    """CreateLaunchTemplateVersion: another version, of what this request says alone.

    Clauses: instance/template-versions, instance/template-versions-limit.
    """
    template = _named(account, request)
    if len(template.versions) >= region.edition.instance.template_versions:
        raise ApiError("LaunchTemplateVersionLimitExceed")
    given = _parameters(region, request)
    number = template.add(request.version_description or "", given, region.clock.now)
    return {**_told(region, template), "LaunchTemplateVersionNumber": number}


def _told(region: RegionState, template: LaunchTemplate) -> Answer:
    """The id of a template, as later editions answer it."""
    return {"LaunchTemplateId": template.id} if region.edition.has(CURRENT) else {}


@handles(ModifyLaunchTemplateDefaultVersion)
def modify_default_version(
    region: RegionState, account: AccountState, request: ModifyLaunchTemplateDefaultVersion
) -> Answer:
    """ModifyLaunchTemplateDefaultVersion: to one that is there (instance/template-default-version)."""
    template = _named(account, request)
    template.default = _version(template, request.default_version_number).number
    template.modified = region.clock.now
    return _told(region, template)


@handles(DeleteLaunchTemplate)
def delete_launch_template(region: RegionState, account: AccountState, request: DeleteLaunchTemplate) -> Answer:
    """DeleteLaunchTemplate: by id or by name, with all versions (instance/template-delete)."""
    template = _named(account, request)
    del account.launch_templates[template.id]
    numbers = {"LaunchTemplateVersionNumbers": {"versionNumbers": [*template.versions]}}
    return {"LaunchTemplateId": template.id, **(numbers if region.edition.has(CURRENT) else {})}


@handles(DeleteLaunchTemplateVersion)
def delete_launch_template_version(
    region: RegionState, account: AccountState, request: DeleteLaunchTemplateVersion
) -> Answer:
    """DeleteLaunchTemplateVersion: all that are named or, where one cannot be deleted, none
    (instance/template-default-version-stays)."""
    template = _named(account, request)
    versions = [_version(template, number) for number in dict.fromkeys(request.versions)]
    if template.default in request.versions:
        raise ApiError("InvalidOperation.DeleteDefaultVersion")
    for version in versions:
        del template.versions[version.number]
    template.modified = region.clock.now
    if not region.edition.has(CURRENT):
        return {}
    deleted = [{"LaunchTemplateId": template.id, "LaunchTemplateVersionNumber": version.number} for version in versions]
    return {"LaunchTemplateVersions": {"LaunchTemplateVersion": deleted}}


@handles(DescribeLaunchTemplates)
def describe_launch_templates(region: RegionState, account: AccountState, request: DescribeLaunchTemplates) -> Answer:
    """DescribeLaunchTemplates: filtered and paged, newest first (instance/template-listing)."""
    r, tags = request, read_asked_tags(request.template_tags)
    return listing(
        "LaunchTemplateSets",
        "LaunchTemplateSet",
        account.launch_templates.values(),
        request,
        partial(_render, region, account),
        where=[
            lambda each: not r.launch_template_ids or each.id in r.launch_template_ids,
            lambda each: not r.launch_template_names or each.name in r.launch_template_names,
            lambda each: r.template_group in (None, each.group),
            lambda each: has_tags(each.tags, tags),
        ],
        latest_first=True,
    )


def _render(region: RegionState, account: AccountState, template: LaunchTemplate) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreatedBy": account.id,
        "DefaultVersionNumber": template.default,
        "LatestVersionNumber": max(template.versions),
        "CreateTime": stamp(template.created),
        "ModifiedTime": stamp(template.modified),
    }
    if region.edition.has(CURRENT):
        shown |= {"ResourceGroupId": template.group, "Tags": {"Tag": tag_list(template.tags)}}
    return shown


@handles(DescribeLaunchTemplateVersions)
def describe_launch_template_versions(
    region: RegionState, account: AccountState, request: DescribeLaunchTemplateVersions
) -> Answer:
    """DescribeLaunchTemplateVersions: filtered and paged, newest first.

    Clauses: instance/template-versions-listing, instance/template-detail.
    """
    template, r = _named(account, request), request
    return listing(
        "LaunchTemplateVersionSets",
        "LaunchTemplateVersionSet",
        template.versions.values(),
        request,
        partial(_render_version, region, account, template, r.detail),
        where=[
            lambda each: not r.versions or each.number in r.versions,
            lambda each: r.min_version is None or each.number >= r.min_version,
            lambda each: r.max_version is None or each.number <= r.max_version,
            lambda each: r.default_version is None or (each.number == template.default) == r.default_version,
        ],
        latest_first=True,
    )


def _render_version(
    region: RegionState, account: AccountState, template: LaunchTemplate, detail: bool, version: TemplateVersion
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "VersionDescription": version.description,
        "DefaultVersion": version.number == template.default,
        "CreatedBy": account.id,
        "CreateTime": stamp(version.created),
        "ModifiedTime": stamp(version.created),
    }
    if detail:
        shown["LaunchTemplateData"] = _data(region, version.given)
    return shown


def _data(region: RegionState, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a version as they were given, but for the password, which nobody is shown."""
    names = {each.attribute: each.name for each in CreateLaunchTemplateVersion.parameters.values()}
    shown = {names[attribute]: value for attribute, value in given.items() if attribute != "password"}
    shown["DataDisks"] = {"DataDisk": [dict(each) for each in shown.pop("DataDisk", ())]}
    cards = [dict(each) for each in shown.pop("NetworkInterface", ())]
    for card in cards:
        if "SecurityGroupIds" in card:
            card["SecurityGroupIds"] = {"SecurityGroupId": list(card["SecurityGroupIds"])}
    shown["NetworkInterfaces"] = {"NetworkInterface": cards}
    shown["Tags"] = {"InstanceTag": [{"Value": "", **each} for each in shown.pop("Tag", ())]}
    disk = shown.pop("SystemDisk", {})
    shown |= {f"SystemDisk.{name}": value for name, value in disk.items()}
    if "SecurityGroupIds" in shown:
        shown["SecurityGroupIds"] = {"SecurityGroupId": list(shown["SecurityGroupIds"])}
    if disk and region.edition.has(CURRENT):
        shown["SystemDisk"] = dict(disk)
    return shown


#: Templates among what has tags.
TAGGED: Final = {"launchtemplate": Tagged(lambda account: account.launch_templates, tags_of, retag, CURRENT)}
