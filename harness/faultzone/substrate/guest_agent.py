"""The Cloud Assistant agent of a scripted guest, and its updater.

Looks for an upgrade are scheduled only while there is one (assistant/upgrade-hourly, assistant/upgrade-half-hourly).
"""

from __future__ import annotations

from typing import Final

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

    def checks(self, now: int, every: int) -> int:
        """How many times it has looked for an upgrade since it began to run; `every` is in milliseconds."""
        return 0 if self.since is None or not self.updater else (now - self.since) // every

    def next_check(self, now: int, every: int) -> int | None:
        """When it next looks for an upgrade that there is; None while it does not or there is none."""
        if self.outdated is None or self.since is None or not self.updater:
            return None
        return self.since + (self.checks(now, every) + 1) * every

    def upgrade(self) -> None:
        """Become the newest version."""
        self.version, self.outdated = self.versions[0], None
