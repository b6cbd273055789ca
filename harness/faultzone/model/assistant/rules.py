"""The rules of Cloud Assistant that an edition decides; `Rules` has them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.clock import DAY, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from faultzone.editions import Edition
    from faultzone.model.assistant.invocation_status import Decision
    from faultzone.model.assistant.schedules import Schedule
    from faultzone.model.assistant.state import Machine
    from faultzone.model.core.catalog import Image


def version_of(text: str) -> tuple[int, ...]:
    """A version, as it is compared; what is no number counts as 0."""
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split("."))


class AssistantRules:
    """What the documentation of an edition decides about commands and invocations."""

    edition: Edition

    # Commands

    def name_fits(self, name: str) -> bool:
        """Names of commands have a greatest length (assistant/name-limits, assistant/name-limits-128)."""
        return len(name) <= self.edition.assistant.name_length

    def command_description_fits(self, text: str) -> bool:
        """Descriptions of commands have a greatest length (assistant/name-limits, assistant/name-limits-128)."""
        return len(text) <= self.edition.assistant.description_length

    def directory_fits(self, text: str) -> bool:
        """Directories of commands and runs have a greatest length (assistant/working-dir-200)."""
        most = self.edition.assistant.directory_length
        return not most or len(text) <= most

    def launcher_fits(self, text: str) -> bool:
        """Launchers have a greatest length, in bytes (assistant/launcher-limit)."""
        return len(text.encode("utf-8", "surrogateescape")) <= self.edition.assistant.launcher_length

    def password_suffices(self, user: str, password: str) -> bool:
        """A user of Windows and the name of a password go together; System needs none (assistant/windows-password)."""
        return not self.edition.assistant.windows_password or (user not in ("", "System")) == bool(password)

    def command_matches(self, text: str, wanted: str) -> bool:
        """Whether a command is found by its name or its description: the whole, or with `*` at either end a part of it
        (assistant/describe-commands, assistant/command-patterns)."""
        if not self.edition.assistant.name_patterns or len(wanted) < 2 or "*" not in (wanted[0], wanted[-1]):
            return text == wanted
        part = wanted.strip("*")
        if wanted[0] == wanted[-1] == "*":
            return part in text
        return text.endswith(part) if wanted[0] == "*" else text.startswith(part)

    def content_fits(self, encoded: str) -> bool:
        """The size that counts is that after Base64 (assistant/content-limit, assistant/content-24k)."""
        return len(encoded) <= self.edition.assistant.content_characters

    def file_fits(self, encoded: str) -> bool:
        """The size of a file that counts is that after Base64 (assistant/send-file)."""
        return len(encoded) <= self.edition.assistant.file_characters

    def content_may_change(self) -> bool:
        """Whether ModifyCommand changes the content of a command (assistant/modify-content)."""
        return bool(self.edition.assistant.modify_content)

    def commands_limit(self) -> int:
        """How many commands an account may have in a region (assistant/command-quota, assistant/command-quota-500)."""
        return self.edition.assistant.commands

    def command_is_deletable(self, in_use: bool) -> bool:
        """Whether a command may be deleted while an invocation runs it (assistant/delete-command-in-use)."""
        return not (in_use and self.edition.assistant.delete_in_use_refused)

    # Invocations

    def targets_limit(self) -> int:
        """How many instances one call may name (assistant/targets-limit, assistant/targets-100)."""
        return self.edition.assistant.targets

    def invocations_limit(self) -> int:
        """How many invocations an account may make in a region and day (assistant/invocation-quota)."""
        return self.edition.assistant.invocations_per_day

    def quota_day(self, ms: int) -> int:
        """The number of the day that the quota counts (assistant/invocation-quota)."""
        return (ms - self.edition.assistant.day_begins * SECOND) // DAY

    def installations_limit(self) -> int:
        """On how many instances one call may install the agent (assistant/install-unknown, assistant/install-limit)."""
        return self.edition.assistant.install_targets

    def sendings_limit(self) -> int:
        """To how many instances one call may send a file (assistant/send-file)."""
        return self.edition.assistant.sending_targets

    def may_run_in(self, status: str) -> bool:
        """Targets must be Running (assistant/running-only)."""
        return status == "Running"

    def may_run_in_network(self, in_vpc: bool) -> bool:
        """Targets must be in a VPC (assistant/vpc-only)."""
        return in_vpc

    def agent_comes_with(self, image: Image) -> bool:
        """Whether an instance has the agent from its first boot: the image has it (assistant/preinstalled)."""
        return image.agent and self.serves(image.os_name)

    def agent_is_heard(self, machine: Machine, silent: int | None) -> bool:
        """Whether an agent is told to be there: it serves, and its instance runs; where heartbeats count, as long as it
        has not been silent for long, in milliseconds (assistant/agent-status, assistant/heartbeats)."""
        if heartbeat := self.edition.assistant.heartbeat:
            return silent is not None and silent <= heartbeat * SECOND
        return machine.agent is not None and machine.status == "Running" and not machine.impaired

    def serves(self, os_name: str) -> bool:
        """Whether commands run on a system of this name.

        Clauses: assistant/os-list, assistant/os-of-public-images.
        """
        return os_name.startswith(self.edition.assistant.systems)

    def refuses_mismatch(self) -> bool:
        """Whether a command of the wrong type for a target refuses the call (assistant/command-types)."""
        return self.edition.assistant.mismatch_refused

    def type_fits(self, kind: str, system: str) -> bool:
        """Each type of command is for one system (assistant/command-types)."""
        from faultzone.api.ecs.assistant import SYSTEM_OF

        return SYSTEM_OF[kind] == system

    # Timed invocations

    def repeat_mode(self, mode: str | None, timed: bool | None, frequency: str) -> str:
        """When an invocation runs.

        Clauses: assistant/frequency-required, assistant/repeat-mode, assistant/frequency-means-period,
        assistant/timed-ignored.
        """
        if self.edition.assistant.frequency_decides:
            return "Period" if frequency else mode or "Once"
        if timed and frequency:
            return "Period"
        if mode is not None:
            return mode
        repeats = bool(frequency) and self.edition.assistant.frequency_repeats if timed is None else timed
        return "Period" if repeats else "Once"

    def schedule(self, frequency: str) -> Schedule:
        """The times of a timed invocation (assistant/cron, assistant/period-floor, assistant/rate-bounds).

        Raises:
            CronError: it is malformed, or repeats too fast or too slowly.
        """
        from faultzone.model.assistant import schedules
        from faultzone.model.assistant.cron import Cron, CronError

        edition = self.edition.assistant
        of_today = edition.frequency_forms
        count = len(frequency.split())
        if count not in edition.cron_fields and not (of_today and frequency.startswith(("rate(", "at("))):
            raise CronError(f"{count} fields, where {' or '.join(map(str, edition.cron_fields))} are expected")
        read = schedules.parse if of_today else Cron.parse
        schedule = read(frequency, first_weekday=edition.cron_first_weekday)
        period = schedules.period(schedule)
        is_rate = isinstance(schedule, schedules.Rate)
        least, most = edition.rate_bounds if is_rate else (edition.period_floor, None)
        if period is not None and period < least * SECOND:
            raise CronError(f"it repeats within {period // SECOND} s, where {least} s is the least")
        if period is not None and most is not None and period > most * SECOND:
            raise CronError(f"it repeats within {period // SECOND} s, where {most} s is the most")
        return schedule

    def period_fits(self, schedule: Schedule, timeout: int) -> bool:
        """Whether what repeats leaves a run the time that it may take, in seconds: rates a longer one.

        Clauses: assistant/period-not-below-timeout, assistant/rate-bounds.
        """
        from faultzone.model.assistant import schedules

        period = schedules.period(schedule)
        if period is None or not self.edition.assistant.period_over_timeout:
            return True
        return period > timeout * SECOND if isinstance(schedule, schedules.Rate) else period >= timeout * SECOND

    def cron_zone(self, system_zone: str | None) -> tzinfo | int:
        """The zone in which a cron expression is meant that names none: that of the system of its instance, None for
        that of images; or in earlier editions how far it is ahead of UTC, in milliseconds.

        Clauses: assistant/cron-instance-zone, assistant/cron-time-zone.
        """
        edition = self.edition.assistant
        if not edition.system_zone:
            return edition.cron_offset * SECOND
        from faultzone.model.assistant.schedules import read_zone

        return read_zone(system_zone or edition.system_zone)

    def group_takes(self, kept: str, of: str, file: bool) -> bool:
        """Whether what is for a resource group, under the id `kept`, may be for a target that is in the group `of`;
        the id of the default group is empty, and a target of it may be in a command for any group, but not in a file
        (assistant/target-groups, assistant/file-groups)."""
        return of == kept or not (of or file)

    def agent_runs_forms(self, system: str, installed: str) -> bool:
        """Whether an agent runs what has a rate, one time or a zone (assistant/forms-need-agent)."""
        needed = self.edition.assistant.forms_need.get(system)
        return needed is None or version_of(installed) >= version_of(needed)

    def agent_fills_in(self, names: Iterable[str], several: bool, fresh: bool, system: str, installed: str) -> bool:
        """Whether an agent fills in these built-in parameters; what is said of the instance needs no special one where
        there are no `several` targets, nor does the id of a command that RunCommand did not make, which is not `fresh`
        (assistant/built-ins-need-agent)."""
        needed = self.edition.assistant.built_ins_need
        counts = {"InstanceId": several, "InstanceName": several, "CommandId": fresh}
        return all(
            version_of(installed) >= version_of(needed[each][system])
            for each in names
            if each in needed and counts.get(each, True)
        )

    def agent_takes_changes(self, system: str, installed: str) -> bool:
        """Whether an agent takes an invocation that was changed (assistant/modify-invocation-agents)."""
        needed = self.edition.assistant.changes_need.get(system)
        return needed is None or version_of(installed) > version_of(needed)

    def fires_again(self, stopped: bool) -> bool:
        """A target gets further runs until the user stops it (assistant/timed-runs-repeat, assistant/stop)."""
        return not stopped

    # Runs

    def delivery(self) -> int:
        """Milliseconds within which a run must have begun (invocation-status/settles)."""
        return self.edition.assistant.delivery * SECOND

    def output_quota(self, system: str) -> int:
        """How many bytes of output are kept (assistant/output-kept, assistant/output-cap)."""
        return self.edition.assistant.output_bytes[system]

    def interrupts(self, before: str, after: str) -> bool:
        """A run ends with the leave of its instance from Running (assistant/run-interrupted)."""
        return after != "Running"

    # States

    def record_state(self, cause: str) -> str:
        """The state of a record by what became of its run.

        Clauses: assistant/record-running, assistant/record-finished, assistant/record-failed, assistant/record-stopped.
        """
        from faultzone.model.assistant import invocation_status as table

        return table.OUTCOMES[cause].invoke_status

    def timed_instance_state(self, stopped: bool) -> str:
        """The state of an instance of a timed invocation (invocation-status/timed-instance)."""
        from faultzone.model.assistant import invocation_status as table

        return table.timed_instance(stopped=stopped).state

    def one_time_total(self, states: Iterable[str]) -> Decision:
        """The total of a one-time invocation (invocation-status/one-time)."""
        from faultzone.model.assistant import invocation_status as table

        return table.total(states, table.ONE_TIME[self.edition.assistant.totals])

    def timed_total(self, states: Iterable[str]) -> Decision:
        """The total of a timed invocation (invocation-status/timed-total)."""
        from faultzone.model.assistant import invocation_status as table

        return table.total(states, table.TIMED)

    def detailed_total(self, states: Iterable[str]) -> Decision:
        """The later InvocationStatus of an invocation (invocation-status/detailed-status)."""
        from faultzone.model.assistant import invocation_status as table

        return table.total(states, table.DETAILED)

    def stopped_cause(self, started: bool) -> str:
        """What a stop by the user makes of a run that is under way (assistant/stop, assistant/record-stopped)."""
        return "stopped-while-running" if started else "stopped-before-start"

    def stops(self, named: Sequence[str], target: str) -> bool:
        """Whether StopInvocation is for a target: all of them unless it names some (assistant/stop)."""
        return not named or target in named
