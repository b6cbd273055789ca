"""The Cloud Assistant agent of a scripted guest, and its updater.

Upgrade checks are never scheduled: what they would have done by now is worked out when somebody looks
(assistant/upgrade-hourly).
"""

from __future__ import annotations

from typing import Final

from faultzone.clock import HOUR

#: The name of the agent's process, and on Windows of its service (assistant/process-name).
AGENT_PROCESS: Final = "AliyunService"
#: The newest version of the agent, and one that is not, unless the edition names others.
VERSIONS: Final = ("1.0.1.459", "1.0.1.299")


class Agent:
    """The Cloud Assistant agent of a guest.

    Attributes:
        enabled: whether it starts with the guest.
        updater: whether the updater can be executed under its name.
        since: when it began to run, from which its hourly checks count; None while it does not run.
        refuses: why it begins no run, a key of `invocation_status.OUTCOMES`; empty while it does.
        outdated: since when there is a newer version; None while there is none.
        versions: the newest version, and one that is not.
    """

    __slots__ = (
        "enabled", "hung", "installed", "outdated", "refuses", "since", "updater", "updater_name", "version",
        "versions",
    )  # fmt: skip

    def __init__(self, versions: tuple[str, str] = VERSIONS) -> None:
        self.versions = versions
        self.installed = self.hung = False
        self.refuses = ""
        self.enabled = self.updater = True
        self.updater_name = ""
        self.version = versions[0]
        self.since: int | None = None
        self.outdated: int | None = None

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.installed and self.since is not None

    def checks(self, now: int) -> int:
        """How many times it has looked for an upgrade since it began to run."""
        return 0 if self.since is None or not self.updater else (now - self.since) // HOUR

    def refresh(self, now: int) -> None:
        """Let the checks that were due by now have happened."""
        if self.outdated is not None and self.since is not None and self.updater and self.installed:
            last = self.since + self.checks(now) * HOUR
            if self.checks(now) and last > self.outdated:
                self.version, self.outdated = self.versions[0], None
