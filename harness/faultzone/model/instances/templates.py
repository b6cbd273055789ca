"""Launch templates: the parameters of a launch under a name (deployment-set/launch-template).

Source: API reference, CreateLaunchTemplate.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.templates import CreateLaunchTemplate, DeleteLaunchTemplate
from faultzone.api.errors import ApiError
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_tags
from faultzone.model.core.state import AccountState, LaunchTemplate, RegionState
from faultzone.model.instances.checks import check_disks, check_texts, check_user_data

#: What CreateLaunchTemplate is given of the template itself, and what a launch does not take.
_NOT_IN_TEMPLATE: Final = frozenset(
    {"launch_template_name", "version_description", "image_owner_alias", "network_type", "vpc_id"}
)


def find_template(account: AccountState, template_id: str | None, name: str | None) -> LaunchTemplate:
    """The launch template of that id or name.

    Raises:
        ApiError: `InvalidLaunchTemplate.NotFound`.
    """
    for template in account.launch_templates.values():
        if template_id in (None, template.id) and name in (None, template.name):
            return template
    raise ApiError("InvalidLaunchTemplate.NotFound")


@handles(CreateLaunchTemplate)
def create_launch_template(region: RegionState, account: AccountState, request: CreateLaunchTemplate) -> Answer:
    """CreateLaunchTemplate: keep launch parameters under a name (deployment-set/launch-template)."""
    name = request.launch_template_name
    if not region.rules.name_is_valid(name, region.edition.instance.name_length):
        raise ApiError("InvalidLaunchTemplateName.Malformed")
    if any(template.name == name for template in account.launch_templates.values()):
        raise ApiError("LaunchTemplateName.Duplicated")
    if len(account.launch_templates) >= region.edition.instance.launch_templates:
        raise ApiError("LaunchTemplateLimitExceed")
    names = [each and region.rules.batch_name(each, 0, "") for each in (request.instance_name, request.host_name)]
    check_texts(region, names[0], request.description, names[1])
    check_user_data(region, request.user_data)
    read_tags(region, request.tags)
    check_disks(region, request)
    given = {key: value for key, value in request.given.items() if key not in _NOT_IN_TEMPLATE}
    template = LaunchTemplate(region.world.resource_id("lt"), name, given)
    account.launch_templates[template.id] = template
    return {"LaunchTemplateId": template.id, "LaunchTemplateVersionNumber": 1}


@handles(DeleteLaunchTemplate)
def delete_launch_template(region: RegionState, account: AccountState, request: DeleteLaunchTemplate) -> Answer:
    """DeleteLaunchTemplate: by id or by name."""
    if request.launch_template_id is None and request.launch_template_name is None:
        raise ApiError.of("MissingParameter", name="LaunchTemplateId")
    template = find_template(account, request.launch_template_id, request.launch_template_name)
    del account.launch_templates[template.id]
    versions = {"LaunchTemplateVersionNumbers": {"versionNumbers": [1]}} if region.edition.has(CURRENT) else {}
    return {"LaunchTemplateId": template.id, **versions}
