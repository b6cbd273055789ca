"""The rules of Cloud Assistant that an edition decides; `Rules` has them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.clock import DAY, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faultzone.editions import Edition
    from faultzone.model.assistant.cron import Cron
    from faultzone.model.assistant.invocation_status import Decision
    from faultzone.model.assistant.state import Machine
    from faultzone.model.core.catalog import Image


class AssistantRules:
    """What the documentation of an edition decides about commands and invocations."""

    edition: Edition

    # Commands

    def name_fits(self, name: str) -> bool:
        """Names of commands have a greatest length (assistant/name-limits)."""
        return len(name) <= self.edition.assistant.name_length

    def command_description_fits(self, text: str) -> bool:
        """Descriptions of commands have a greatest length (assistant/name-limits)."""
        return len(text) <= self.edition.assistant.description_length

    def content_fits(self, encoded: str) -> bool:
        """The size that counts is that after Base64 (assistant/content-limit)."""
        return len(encoded) <= self.edition.assistant.content_characters

    def file_fits(self, encoded: str) -> bool:
        """The size of a file that counts is that after Base64 (assistant/send-file)."""
        return len(encoded) <= self.edition.assistant.file_characters

    def content_may_change(self) -> bool:
        """Whether ModifyCommand changes the content of a command (assistant/modify-content)."""
        return bool(self.edition.assistant.modify_content)

    def commands_limit(self) -> int:
        """How many commands an account may have in a region (assistant/command-quota)."""
        return self.edition.assistant.commands

    def command_is_deletable(self, in_use: bool) -> bool:
        """Whether a command may be deleted while an invocation runs it (assistant/delete-command-in-use)."""
        return not (in_use and self.edition.assistant.delete_in_use_refused)

    # Invocations

    def targets_limit(self) -> int:
        """How many instances one call may name (assistant/targets-limit)."""
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
        """Whether commands run on a system of this name (assistant/os-list)."""
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
        """When an invocation runs (assistant/frequency-required, assistant/repeat-mode)."""
        if timed and frequency:
            return "Period"
        if mode is not None:
            return mode
        repeats = bool(frequency) and self.edition.assistant.frequency_repeats if timed is None else timed
        return "Period" if repeats else "Once"

    def schedule(self, frequency: str) -> Cron:
        """The times of a timed invocation (assistant/cron, assistant/period-floor).

        Raises:
            CronError: it is malformed, or repeats too fast.
        """
        from faultzone.model.assistant.cron import Cron, CronError

        edition = self.edition.assistant
        if (count := len(frequency.split())) not in edition.cron_fields:
            raise CronError(f"{count} fields, where {' or '.join(map(str, edition.cron_fields))} are expected")
        cron = Cron.parse(frequency, first_weekday=edition.cron_first_weekday)
        period = cron.minimum_period()
        if period is not None and period < edition.period_floor * SECOND:
            raise CronError(f"it repeats within {period // SECOND} s, where {edition.period_floor} s is the least")
        return cron

    def takes_rates(self) -> bool:
        """Whether a frequency may be a rate or a moment, and a cron expression name a time zone
        (assistant/rate, assistant/at, assistant/cron-zone)."""
        return self.edition.assistant.rate_seconds is not None

    def check_period(self, period: int | None, timeout: int, *, rate: bool) -> None:
        """Refuse what repeats too fast or too slowly, in milliseconds, for a timeout in seconds
        (assistant/rate, assistant/period-over-timeout).

        Raises:
            CronError: it does.
        """
        limits = self.edition.assistant.rate_seconds
        if period is None or limits is None:
            return
        from faultzone.model.assistant.cron import CronError

        seconds = period // SECOND
        if rate and not limits[0] <= seconds <= limits[1]:
            raise CronError(f"it repeats every {seconds} s, where {limits[0]} to {limits[1]} s are allowed")
        if seconds < timeout or (rate and seconds == timeout):
            raise CronError(f"it repeats within {seconds} s, and a run may take {timeout} s")

    def cron_offset(self) -> int:
        """How far the time of cron expressions is ahead of UTC, in milliseconds (assistant/cron-time-zone)."""
        return self.edition.assistant.cron_offset * SECOND

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
