"""The rules that an edition decides, each in one place, each naming its clauses.

`Rules` is a small object whose methods are asked by the chapters of the model. A wrong region overrides one of them;
the model has no switch for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from faultzone.clock import DAY, HOUR, MINUTE
from faultzone.editions.catalog import is_arm
from faultzone.model.assistant.rules import AssistantRules
from faultzone.model.billing.rules import BillingRules
from faultzone.model.core.periods import BILLING_ZONE
from faultzone.model.core.seats import LOW_LATENCY

if TYPE_CHECKING:
    from faultzone.editions import Edition
    from faultzone.model.core.catalog import Family, Image, InstanceType
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import DeploymentSet, Instance

T = TypeVar("T")

# Patterns are compiled at their first use: a region whose user names nothing needs none.
#: How long before its end the key of a role has a successor.
ROLE_KEY_RENEWED: Final = HOUR // 2
_NAME: Final = r"(?a)[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff.:-]*"
_INSTANCE_NAME: Final = r"(?a)[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff:-]*"
_TAG_RESERVED: Final = ("aliyun", "acs:")
_ORDERED: Final = r"([^\[\]]*)\[([0-9]{0,6})(?:,([1-6]?))?\]([^\[\]]*)"
_HOST_NAME: Final = r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*"
_WEB: Final = ("http://", "https://")


class Rules(AssistantRules, BillingRules):
    """What the documentation of an edition decides.

    Args:
        edition: the values that the rules read.
    """

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    # Names

    def name_is_valid(self, name: str, length: Sequence[int]) -> bool:
        """Names of launch templates and security groups start with a letter, are no URL, and keep to letters, digits,
        `:`, `_`, `.` and `-`."""
        return length[0] <= len(name) <= length[1] and not name.startswith(_WEB) and bool(re.fullmatch(_NAME, name))

    def instance_name_is_valid(self, name: str) -> bool:
        """Names of new instances are written like those of sets; later editions allow periods in them, and letters of
        any script in any order (instance/name-rule, instance/name-periods, instance/names-of-launches)."""
        edition = self.edition.instance
        if edition.names_freely:
            return _is_free(name, edition.name_length)
        form, (least, most) = _NAME if edition.name_periods else _INSTANCE_NAME, edition.name_length
        return least <= len(name) <= most and not name.startswith(_WEB) and bool(re.fullmatch(form, name))

    def instance_rename_is_valid(self, name: str) -> bool:
        """An instance is renamed by the rule of its creation; where that takes anything first, to what begins with a
        letter (instance/name-rule, instance/rename-rule)."""
        return self.instance_name_is_valid(name) and (not self.edition.instance.names_freely or name[0].isalpha())

    def group_name_is_valid(self, name: str) -> bool:
        """Names of security groups are written like those of launch templates; later ones have letters of any script,
        the first of which is one (instance/group-names)."""
        edition = self.edition.instance
        if not edition.group_names_freely:
            return self.name_is_valid(name, edition.name_length)
        return _is_free(name, edition.name_length) and name[0].isalpha() and not name.startswith(_WEB)

    def bandwidth_in_most(self, out: int) -> int:
        """How many Mbit/s may come in, and come in where nobody says so, where so many go out
        (instance/launch-bandwidth-in)."""
        return max(self.edition.instance.bandwidth_in, out)

    def disk_name_is_valid(self, name: str) -> bool:
        """Names of the disks of a launch (instance/names-of-launches)."""
        edition = self.edition.instance
        fits = _is_free if edition.names_freely else self.name_is_valid
        return fits(name, edition.name_length)

    def host_name_is_valid(self, name: str, system: str) -> bool:
        """Letters and digits, with single dots and hyphens between; a Windows system has no dots, not digits alone, and
        fewer characters (instance/host-name-rule)."""
        edition = self.edition.instance
        windows = system == "windows"
        least, most = edition.host_name_length_windows if windows else edition.host_name_length
        if windows and ("." in name or name.isdigit()):
            return False
        return least <= len(name) <= most and bool(re.fullmatch(_HOST_NAME, name))

    def host_name_of_id(self, name: str, instance_id: str) -> str:
        """A host name in which `${instance_id}` stands for the id, where the edition has that
        (instance/host-name-of-id)."""
        return name.replace("${instance_id}", instance_id) if self.edition.instance.host_name_of_id else name

    def password_is_valid(self, password: str, system: str) -> bool:
        """8 to 30 ASCII characters of at least three kinds, on Windows no slash first (instance/password-rule)."""
        kinds = (str.islower, str.isupper, str.isdigit, lambda each: not each.isalnum())
        shown = sum(any(map(is_of_kind, password)) for is_of_kind in kinds)
        least, most = self.edition.instance.password_length
        slash = system == "windows" and password.startswith("/")
        return least <= len(password) <= most and shown >= 3 and password.isascii() and not slash

    def set_name_is_valid(self, name: str) -> bool:
        """Names of sets are written like those of instances (deployment-set/name-rule)."""
        least, most = self.edition.deployment_set.name_length
        return least <= len(name) <= most and not name.startswith(_WEB) and bool(re.fullmatch(_INSTANCE_NAME, name))

    def set_rename_is_valid(self, name: str) -> bool:
        """A set is renamed by the rule of its creation; in a later edition to letters of any script, digits, colons,
        underscores, periods and hyphens (deployment-set/rename-as-created, deployment-set/rename-rule)."""
        edition = self.edition.deployment_set
        if not edition.renames_freely:
            return self.set_name_is_valid(name)
        return _is_free(name, edition.name_length)

    def description_is_valid(self, text: str, length: Sequence[int]) -> bool:
        """Descriptions are no URL and keep to their length (deployment-set/description-rule)."""
        return length[0] <= len(text) <= length[1] and not text.startswith(_WEB)

    def tag_key_is_valid(self, key: str) -> bool:
        """Keys of tags keep to their length, are no URL, and do not begin like the system's (instance/tag-rule)."""
        most = self.edition.instance.tag_key_length
        return 1 <= len(key) <= most and self._tag_text_is_valid(key, _TAG_RESERVED)

    def tag_value_is_valid(self, value: str) -> bool:
        """Values of tags may be empty; they are no URL, and do not begin with what the edition keeps for itself
        (instance/tag-rule, instance/tag-values-reserved, instance/tag-values-free)."""
        edition = self.edition.instance
        return len(value) <= edition.tag_value_length and self._tag_text_is_valid(value, edition.tag_value_reserved)

    def _tag_text_is_valid(self, text: str, reserved: Sequence[str]) -> bool:
        lowered = text.lower()
        if self.edition.instance.tag_urls_anywhere and any(each in lowered for each in _WEB):
            return False
        return not lowered.startswith((*_WEB, *reserved))

    def suffix(self, number: int) -> str:
        """The ordered suffix of the n-th of a batch, counted from 0 (deployment-set/ordered-suffix)."""
        return f"{self.edition.instance.suffix_first + number:03d}"

    def batch_name(self, name: str, number: int, suffix: str) -> str:
        """The n-th name of a batch, counted from 0: with its suffix, or where a later edition has it, with its number
        in the place of `[begin,bits]`; at the end of a name that stands for the suffix too
        (deployment-set/ordered-suffix, instance/ordered-names)."""
        ordered = re.fullmatch(_ORDERED, name) if self.edition.instance.ordered_names else None
        if ordered is None:
            return f"{name}{suffix}"
        before, begin, bits, after = ordered.groups()
        counted = f"{before}{int(begin or 0) + number:0{bits or 6}d}{after}"
        return f"{counted}{suffix}" if after else counted

    # Placement

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """The hosts that a member of a set must not be placed on: those of the others (deployment-set/strict-spread).

        Args:
            others: the hosts of the other members.
            member: which one is placed anew, whether it starts, moves or joins; None for one that is being made.
        """
        return {host.index for host in others}

    def preference(self, levels: Sequence[T]) -> Iterable[T]:
        """The order in which hosts are tried: the emptiest first (deployment-set/best-effort-default)."""
        return levels

    def groups_apart(self, group: DeploymentSet, number: int) -> Collection[int]:
        """The groups whose members one of a group is kept apart from; all are in group 0 where there are no groups.

        Clauses: deployment-set/strategies, deployment-set/group-spread, deployment-set/low-latency-may-share.
        """
        if group.group_count:
            return [other for other in range(1, group.group_count + 1) if other != number]
        return () if group.strategy == LOW_LATENCY else (0,)

    def apart_by(self, group: DeploymentSet) -> str:
        """What members are kept apart by: host, rack or sw (deployment-set/type)."""
        return group.apart_by

    def affinity(self, group: DeploymentSet) -> int:
        """How many members may share a host, rack or switch (deployment-set/affinity)."""
        return group.affinity

    def groups_in_turn(self, groups: Sequence[int], members: Mapping[int, int]) -> list[int]:
        """Of the groups that a member without a number may go to, those with the fewest members
        (deployment-set/group-even).

        Args:
            groups: those with room in the zone.
            members: how many each group has in all zones.
        """
        fewest = min((members.get(number, 0) for number in groups), default=0)
        return [number for number in groups if members.get(number, 0) == fewest]

    def zone_in_set(self, group: DeploymentSet, zone: int, without: Instance | None = None) -> bool:
        """Whether a member may be in a zone: with low latency, where the others are
        (deployment-set/low-latency-one-zone)."""
        if group.strategy != LOW_LATENCY:
            return True
        return all(member.zone == zone for member in group.members.values() if member is not without)

    def room_in_set(self, group: DeploymentSet, zone: int, zones: int) -> int:
        """How many more members a set may have in a zone of a region with so many zones.

        Clauses: deployment-set/zone-limit, deployment-set/region-limit, deployment-set/zone-limit-20,
        deployment-set/group-limit, deployment-set/low-latency-limit.
        """
        if group.strategy == LOW_LATENCY:
            return self.edition.deployment_set.low_latency_limit - len(group.members)
        if group.group_count:
            return sum(self.room_in_group(group, zone, each) for each in range(1, group.group_count + 1))
        left = self.zone_limit() - self.members_in_zone(group, zone)
        return min(left, self.region_limit(zones) - len(group.members))

    def room_in_group(self, group: DeploymentSet, zone: int, number: int) -> int:
        """How many more members a group of a set may have in a zone (deployment-set/group-limit)."""
        numbers = group.numbers
        there = sum(member.zone == zone and numbers[each] == number for each, member in group.members.items())
        return max(0, self.edition.deployment_set.group_limit - there)

    def runs_on(self, image: Image, kind: InstanceType) -> bool:
        """Whether an image is made for the processor of a type (instance/image-types)."""
        return (image.architecture == "arm64") == is_arm(kind.family)

    def zone_limit(self) -> int:
        """How many members a set may have in one zone (deployment-set/zone-limit, deployment-set/zone-limit-20)."""
        return self.edition.deployment_set.zone_limit

    def region_limit(self, zones: int) -> int:
        """How many members a set may have in the region (deployment-set/region-limit)."""
        return self.zone_limit() * zones

    def members_in_zone(self, group: DeploymentSet, zone: int) -> int:
        """How many members count toward the limit of a zone: all, running or not
        (deployment-set/zone-limit, deployment-set/membership-while-stopped)."""
        return sum(member.zone == zone for member in group.members.values())

    def sets_limit(self) -> int:
        """How many sets an account may have in a region (deployment-set/sets-per-region)."""
        return self.edition.deployment_set.sets_per_region

    def families_in_set(self, strategy: str) -> Collection[str]:
        """The families whose instances a set of a strategy may hold
        (deployment-set/families, deployment-set/families-by-strategy)."""
        edition = self.edition.deployment_set
        return edition.low_latency_families if strategy == LOW_LATENCY else edition.families

    def family_in_set(self, kind: InstanceType, strategy: str) -> bool:
        """Whether a set of a strategy may hold instances of this type
        (deployment-set/families, deployment-set/families-by-strategy)."""
        return kind.family in self.families_in_set(strategy)

    def spot_in_set(self) -> bool:
        """Whether a set may hold spot instances (deployment-set/no-spot)."""
        return False

    def set_on_dedicated_host(self) -> bool:
        """Whether a set and a dedicated host go together (deployment-set/no-dedicated-host)."""
        return False

    def set_is_deletable(self, group: DeploymentSet) -> bool:
        """Whether a set may be deleted (deployment-set/delete-empty-only)."""
        return not group.members

    def host_may_change(self, force: bool) -> bool:
        """Whether joining a set may move the instance to another host
        (deployment-set/modify-instance-keeps-host, deployment-set/modify-instance-force)."""
        return force

    # Life cycle

    def starts_what_it_makes(self, action: str) -> bool:
        """Whether an action starts the instances that it makes (instance/run-starts, instance/create-ends-stopped)."""
        return action == "RunInstances"

    def allowed(self, action: str, status: str) -> bool:
        """Whether an action is allowed in a state (instance/life-cycle)."""
        return status in self.edition.instance.allowed_from[action]

    def metadata_is_on(self, endpoint: str) -> bool:
        """Whether the metadata service answers an instance at all (instance/metadata-token-required)."""
        return endpoint != "disabled"

    def metadata_needs_token(self, tokens: str) -> bool:
        """Whether it answers nothing without a token (instance/metadata-token-required)."""
        return tokens == "required"

    def metadata_token_is_good(self, now: int, ends: int, genuine: bool) -> bool:
        """Whether a token is taken; `genuine`: it was given to this instance (instance/metadata-token)."""
        return genuine and now < ends

    def role_key_is_kept(self, now: int, ends: int) -> bool:
        """Whether a role's key is good for long enough to be given once more (instance/role-credentials)."""
        return now < ends - ROLE_KEY_RENEWED

    def needs_confirmation(self, instance: Instance) -> bool:
        """Whether a stop of this instance needs ConfirmStop (instance/confirm-stop)."""
        return instance.kind.family in self.edition.instance.confirm_stop

    def stops_without_charge(self, instance: Instance, asked: str | None, by_default: bool) -> bool:
        """Whether a stop is one without charge: asked for, or the account's default, where the instance qualifies
        (instance/stop-no-charge, instance/stop-charging-default)."""
        wanted = asked == "StopCharging" or (asked is None and by_default)
        return wanted and self.qualifies_for_no_charge(instance)

    def mode_of_guest_shutdown(self, instance: Instance, by_default: bool) -> str:
        """The stop mode of an instance that shuts itself down (instance/guest-shutdown-keeps-charging)."""
        return "KeepCharging"

    def qualifies_for_no_charge(self, instance: Instance) -> bool:
        """Pay-as-you-go instances in a VPC and without local disks may be stopped without charge
        (instance/stop-no-charge, instance/stop-no-charge-excluded, instance/economical-mode-falls-back)."""
        return (
            instance.charge_type == "PostPaid"
            and instance.in_vpc
            and not instance.kind.local_disks
            and instance.kind.family not in self.edition.instance.no_charge_excluded
        )

    def keeps_public_ip(self, stopped_mode: str) -> bool:
        """Whether the public address stays across a stop of this mode (instance/identity)."""
        return stopped_mode in self.edition.instance.keeps_public_ip

    def releases_compute(self, stopped_mode: str) -> bool:
        """Whether vCPU and memory go back to the pool on a stop of this mode
        (instance/stop-no-charge, instance/stop-keep-charging)."""
        return stopped_mode == "StopCharging"

    def refuses_when_locked(self, action: str, reason: str = "security") -> bool:
        """Whether a lock of this reason refuses an action (instance/security-lock, billing/financial-lock)."""
        if reason == "financial":
            return action in self.edition.billing.financial_lock_refuses
        # What is to be taken back can be used until then.
        return reason == "security" and action in self.edition.instance.security_lock_refuses

    def lock_code(self, action: str, reason: str, charge_type: str) -> str:
        """The code with which a lock refuses an action (instance/security-lock, billing/financial-lock)."""
        if reason == "financial":
            return self.edition.billing.financial_lock_refuses[action][charge_type]
        return "InstanceLockedForSecurity"

    def may_be_protected(self, charge_type: str, spot_strategy: str) -> bool:
        """Whether an instance may have deletion protection (instance/deletion-protection-scope)."""
        return charge_type in self.edition.instance.protection_charge_types and spot_strategy == "NoSpot"

    def protects(self, instance: Instance) -> bool:
        """Whether deletion by the user is refused (instance/deletion-protection)."""
        return instance.deletion_protection

    def subscription_is_deletable(self, expired: bool, asked: bool) -> bool:
        """Whether the user may delete a subscription instance, asked for by TerminateSubscription or not
        (instance/delete-subscription)."""
        return expired and asked

    def delete_cuts_power(self, force_stop: bool) -> bool:
        """Whether what is deleted while it runs loses its power, and is not shut down before
        (instance/delete-force-stop)."""
        return force_stop

    def release_instant(self, asked: int) -> int:
        """The instant of an automatic release: the seconds are cut off (instance/auto-release)."""
        return asked // MINUTE * MINUTE

    def honors_auto_release(self, instance: Instance, overdue: bool) -> bool:
        """Whether an instance whose release time has come is released: not while its account is overdue, nor while it
        is locked for that (instance/auto-release-in-arrears, instance/deletion-protection-and-system)."""
        return not overdue and "financial" not in instance.locks

    def restart_enters(self) -> str:
        """The state that a restart begins with (instance/reboot, instance/reboot-starts-at-once)."""
        return self.edition.instance.reboot_enters

    def user_data_may_change(self, status: str) -> bool:
        """Whether user data can be changed in a state (instance/user-data-stopped-only,
        instance/user-data-in-any-state)."""
        return status in self.edition.instance.user_data_states

    def host_name_may_change(self, status: str) -> bool:
        """Whether the host name can be changed in a state (instance/host-name-states)."""
        return status in self.edition.instance.host_name_states

    def takes_user_data(self, in_vpc: bool, optimized: bool) -> bool:
        """Whether an instance can have user data (instance/user-data-network)."""
        return in_vpc and optimized

    def new_boot_runs_user_data(self) -> bool:
        """Whether the start-up program runs at each boot (instance/user-data)."""
        return True

    def client_token_is_valid(self, token: str) -> bool:
        """Whether a client token is ASCII text that is not too long (instance/client-token-length)."""
        return token.isascii() and len(token) <= self.edition.instance.client_token_length

    def same_request(self, earlier: object, later: object) -> bool:
        """Whether a repeated client token comes with the same parameters (instance/client-token)."""
        return earlier == later

    def dry_run_only_checks(self) -> bool:
        """Whether a dry run changes nothing (instance/dry-run)."""
        return True

    # System events

    def has_events(self, family: Family) -> bool:
        """Whether instances of a family have system events: those of retired ones do not (event/retired-families)."""
        return not family.retired

    def in_window(self, instant: int, start: int, end: int) -> int:
        """The first instant, this one or later, that is in a daily window between two hours of UTC+8
        (event/maintenance-window)."""
        hour = (instant + BILLING_ZONE) % DAY / HOUR
        if (hour - start) % 24 < (end - start) % 24:
            return instant
        return instant + round((start - hour) % 24 * HOUR)

    def is_in_history(self, event: SystemEvent, now: int) -> bool:
        """Whether the history tells of an event: of one that was settled lately, and of any that is not settled
        (event/history-query, event/history-age, event/history-30-days)."""
        return event.finished is None or event.finished >= now - self.edition.event.history_days * DAY

    def reboot_avoids(self) -> Collection[str]:
        """The types of events that RebootInstance answers: no failure is among them (event/avoid-by-reboot,
        event/simulated-avoided, event/recommended-action, recovery/intervention-table)."""
        types: Collection[str] = self.edition.event.avoided_by_reboot
        return types

    def redeploy_answers(self, type: str, status: str | None) -> bool:
        """Whether RedeployInstance answers an event of this type in this state (instance/redeploy,
        recovery/redeploy-answers)."""
        return status in self.edition.event.avoided_by_redeployment.get(type, ())

    def release_answers(self, type: str) -> bool:
        """Whether a release by the user answers what is planned for the instance: not a recovery, with which he cannot
        interfere (event/avoid-by-release, recovery/not-avoidable, recovery/intervention-table)."""
        return "Failure." not in type

    def maintenance_stays_with_host(self) -> bool:
        """Whether planned maintenance is over for what leaves its host (event/maintenance-of-its-host)."""
        return True

    def shows_as_planned(self, state: str | None) -> bool:
        """Whether DescribeInstancesFullStatus shows an event in this state (event/pending-query)."""
        return state in self.edition.event.pending

    # Recovery

    def relocates(self, instance: Instance) -> bool:
        """Whether an instance is recovered on another host: not one with local disks, unless its user has said so.

        Clauses: recovery/local-disk, recovery/action-on-maintenance.
        """
        return not instance.kind.local_disks or instance.options.action_on_maintenance == "AutoRedeploy"

    def may_leave_set(self, group: DeploymentSet) -> bool:
        """Whether a member leaves its set rather than wait for a host that keeps the spread.

        Clauses: deployment-set/failover-cancels-membership, deployment-set/failover-keeps-stopped.
        """
        return group.on_unable == "CancelMembershipAndStart"

    def keeps_stopped(self, group: DeploymentSet) -> bool:
        """Whether a member that cannot be placed stays Stopped until its user starts it, rather than until there is a
        host (deployment-set/keep-stopped-stays)."""
        return not (self.may_leave_set(group) or self.edition.deployment_set.kept_stopped_waits)

    def may_change_affinity(self, group: DeploymentSet, affinity: int) -> bool:
        """Whether a set may have another affinity: it is lowered while it has no members alone
        (deployment-set/affinity-change)."""
        return affinity >= group.affinity or not group.members

    def refuses_while_recovering(self, action: str) -> bool:
        """Whether an action on an instance whose host is lost is refused (recovery/no-user-reboot)."""
        return action in ("RebootInstance", "StopInstance")


def _is_free(name: str, length: Sequence[int]) -> bool:
    """Whether a name is of letters of any script, digits, colons, underscores, periods and hyphens, in any order."""
    least, most = length
    return least <= len(name) <= most and all(each.isalpha() or each.isdecimal() or each in ":_.-" for each in name)
