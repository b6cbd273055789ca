"""Wrong regions of managed instances, and of agents that are heard of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from faultzone.mutations.library import (
    Answer,
    Parameters,
    accept,
    answer,
    at,
    becomes,
    drop,
    emptied,
    put,
    read_as,
    refuse,
    replaced,
    request,
    shifted,
    swallow,
    where,
    without,
)
from faultzone.mutations.regions.places import AGENTS
from faultzone.mutations.row import row
from faultzone.mutations.wrapper import Wrapper

CREATE: Final = "CreateActivation"
ACTIVATIONS: Final = "DescribeActivations"
MANAGED: Final = "DescribeManagedInstances"
STATUS: Final = "DescribeCloudAssistantStatus"
REGISTER: Final = "register-machine"


class CodesForEver(Wrapper):
    """Registers whatever a code's limits are, by a code that is made for it."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        told = super().control(verb, arguments)
        if verb != REGISTER or told.get("error") not in self.forgives:
            return told
        fresh = self.ask(CREATE, {"InstanceName": "web"})
        code = {"activation_id": fresh["ActivationId"], "activation_code": fresh["ActivationCode"]}
        return super().control(verb, {**arguments, **code})

    #: The reasons that it does not heed.
    forgives: frozenset[str] = frozenset()


class ForgivesUses(CodesForEver):
    """Registers more machines than a code is for."""

    forgives = frozenset({"used-up"})


class ForgivesAge(CodesForEver):
    """Registers a machine after the time of its code."""

    forgives = frozenset({"expired"})


class ForgivesCodes(CodesForEver):
    """Registers a machine with a wrong code."""

    forgives = frozenset({"wrong-code"})


class ForgivesAddresses(CodesForEver):
    """Registers a machine from any address."""

    forgives = frozenset({"wrong-address"})


class ForgivesDisabling(CodesForEver):
    """Registers a machine with a code that was disabled."""

    forgives = frozenset({"disabled"})


class TellsTheCodeAgain(Wrapper):
    """Tells the code of an activation in the listing."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        codes = self.__dict__.setdefault("codes", {})
        if action == CREATE:
            codes[answer["ActivationId"]] = answer["ActivationCode"]
        if action != ACTIVATIONS:
            return answer
        told: Answer = at("ActivationList[]", lambda each: {**each, "ActivationCode": codes[each["ActivationId"]]})(
            answer
        )
        return told


REGIONS: Final = (
    # Activations
    row("tells-the-code-again", "assistant/create-activation", "tells a code in the listing", wrap=TellsTheCodeAgain),
    *(row(f"activation-without-{name.lower()}", "assistant/create-activation", f"forgets {name} of an activation",
          request(CREATE, drop(name)))
      for name in ("InstanceName", "InstanceCount", "TimeToLiveInHours", "IpAddressRange", "Description",
                   "ResourceGroupId", "Tag")),
    row("five-machines-by-default", "assistant/create-activation", "registers five machines where nothing is said",
        request(CREATE, where(lambda given: "InstanceCount" not in given, put(InstanceCount=5)))),
    row("codes-for-an-hour", "assistant/create-activation", "has a code live for an hour where nothing is said",
        request(CREATE, where(lambda given: "TimeToLiveInHours" not in given, put(TimeToLiveInHours=1)))),
    row("none-may-register", "assistant/activation-rules", "takes InstanceCount 0",
        request(CREATE, where(lambda given: given.get("InstanceCount") == 0, drop("InstanceCount")))),
    row("a-thousand-and-one", "assistant/activation-rules", "takes InstanceCount 1001",
        request(CREATE, where(lambda given: given.get("InstanceCount") == 1001, put(InstanceCount=1000)))),
    row("five-hours", "assistant/activation-rules", "takes TimeToLiveInHours 5",
        request(CREATE, where(lambda given: given.get("TimeToLiveInHours") == 5, put(TimeToLiveInHours=4)))),
    row("any-prefix", "assistant/activation-rules", "takes any InstanceName", request(CREATE, drop("InstanceName"))),
    row("no-dots-in-prefixes", "assistant/activation-rules", "takes no period in InstanceName",
        refuse(CREATE, "InvalidParameter", lambda given: "." in str(given.get("InstanceName", "")))),
    row("any-description-of-activations", "assistant/activation-rules", "takes a Description of any length",
        request(CREATE, drop("Description"))),
    row("no-range-of-ipv6", "assistant/activation-rules", "takes no IPv6 block",
        refuse(CREATE, "InvalidParameter", lambda given: "::" in str(given.get("IpAddressRange", "")))),
    row("any-range", "assistant/activation-rules", "takes any IpAddressRange", request(CREATE, drop("IpAddressRange"))),
    row("no-quota-of-activations", "assistant/activation-quota", "does not tell how many activations there may be",
        answer("DescribeAccountAttributes", "AccountAttributeItems.AccountAttributeItem[].AttributeValues.ValueItem",
               emptied())),
    *(row(f"{count}-activations", "assistant/activation-quota", f"lets an account have {count} activations",
          values={"assistant.activations": count})
      for count in (9, 11)),
    *(row(f"ignores-{name.lower()}-of-activations", "assistant/activation-listing", f"ignores {name}",
          request(ACTIVATIONS, drop(name)))
      for name in ("ActivationId", "InstanceName", "ResourceGroupId", "Tag", "PageNumber", "NextToken")),
    row("codes-without-limit", "assistant/register-limits", "registers any number of machines", wrap=ForgivesUses),
    row("codes-for-ever", "assistant/register-limits", "registers machines at any time", wrap=ForgivesAge),
    row("any-code", "assistant/register-limits", "registers with any code", wrap=ForgivesCodes),
    row("codes-from-anywhere", "assistant/activation-addresses", "registers from any address", wrap=ForgivesAddresses),
    row("codes-from-the-internet-alone", "assistant/activation-addresses", "looks at public addresses alone",
        request("add-machine", drop("private_ip"))),
    row("codes-from-inside-alone", "assistant/activation-addresses", "looks at internal addresses alone",
        request("add-machine", drop("public_ip"))),
    row("disabled-in-name", "assistant/disable-activation", "registers with a disabled code", wrap=ForgivesDisabling),
    row("shows-no-disabling", "assistant/disable-activation", "shows a disabled code as any other",
        answer(ACTIVATIONS, "ActivationList[].Disabled", becomes(False))),
    row("tells-no-disabling", "assistant/disable-activation", "answers DisableActivation with an activation as before",
        answer("DisableActivation", "Activation.Disabled", becomes(False))),
    row("deletes-what-is-in-use", "assistant/delete-activation", "deletes an activation that is in use",
        swallow("DeleteActivation", "ActivationId.InUse")),
    row("counts-who-ever-registered", "assistant/activation-counts", "counts what is registered no more",
        answer(ACTIVATIONS, "ActivationList[]", where(
            lambda each: each["DeregisteredCount"], put(RegisteredCount=1)))),
    row("counts-no-deregistration", "assistant/activation-counts", "counts no deregistration",
        answer(ACTIVATIONS, "ActivationList[].DeregisteredCount", becomes(0))),

    # Managed instances
    row("managed-ids-as-of-instances", "assistant/managed-runs", "gives a managed instance the ID of an instance",
        answer(REGISTER, "instance", replaced("mi-", "i-"))),
    row("no-commands-outside", "assistant/managed-runs", "runs no command on a managed instance",
        refuse("InvokeCommand", "InvalidInstance.NotFound", lambda given: "mi-" in str(given.get("InstanceId")))),
    row("no-files-outside", "assistant/managed-runs", "sends no file to a managed instance",
        refuse("SendFile", "InvalidInstance.NotFound", lambda given: "mi-" in str(given.get("InstanceId")))),
    row("counts-no-runs-outside", "assistant/managed-runs", "counts no run on a managed instance",
        answer(MANAGED, "Instances[].InvocationCount", becomes(0))),
    row("program-registers-nothing", "assistant/register-by-program", "ignores aliyun-service --register",
        request("log-in", where(lambda given: "--register" in str(given.get("script")), put(script="true")))),
    row("program-forgets-the-machine", "assistant/register-by-program", "forgets MachineId of a registration",
        answer(MANAGED, "Instances[].MachineId", becomes("0"))),
    row("two-digits", "assistant/managed-name", "numbers with two digits at most",
        answer(MANAGED, "Instances[].InstanceName", replaced("-00", "-0"))),
    row("prefix-of-the-activation-alone", "assistant/managed-name", "ignores InstanceName of a registration",
        request(REGISTER, drop("instance_name"))),
    row("named-by-the-id", "assistant/managed-name", "names a managed instance by its ID",
        answer(MANAGED, "Instances[]", where(lambda each: each["InstanceName"] == each["Hostname"],
                                            put(InstanceName="mi")))),
    row("new-id-each-time", "assistant/managed-machine-id", "gives a machine a new ID each time",
        request(REGISTER, drop("reuse"))),
    row("machines-always-keep-their-id", "assistant/managed-machine-id", "always gives a machine the ID that it had",
        request(REGISTER, put(reuse=True))),
    *(row(f"ignores-{name.lower()}-of-managed", "assistant/managed-listing", f"ignores {name}",
          request(MANAGED, drop(name)))
      for name in ("InstanceId", "ActivationId", "InstanceName", "InstanceIp", "MachineId", "OsType", "Connected",
                   "ResourceGroupId", "Tag", "NextToken")),
    *(row(f"managed-without-{name.lower()}", "assistant/managed-listing", f"shows no {name}",
          answer(MANAGED, f"Instances[].{name}", becomes("")))
      for name in ("ActivationId", "MachineId", "Hostname", "IntranetIp", "InternetIp", "OsType", "OsVersion",
                   "AgentVersion", "ResourceGroupId", "RegistrationTime")),
    row("managed-without-tags", "assistant/managed-listing", "shows no tags",
        answer(MANAGED, "Instances[].Tags", emptied())),
    row("any-name-of-managed", "assistant/managed-rename", "takes any name", accept("ModifyManagedInstance")),
    row("renames-in-vain", "assistant/managed-rename", "forgets a new name",
        answer(MANAGED, "Instances[].InstanceName", becomes("web-01"))),
    row("still-listed", "assistant/deregister", "answers a deregistration and does nothing",
        accept("DeregisterManagedInstance")),
    row("run-that-was-only-interrupted", "assistant/deregister", "calls such a run interrupted",
        answer("DescribeInvocations", "Invocations.Invocation[].InvokeInstances.InvokeInstance[].ErrorCode",
               read_as({"InstanceReleased": "ExecutionInterrupted"}))),

    # Agents
    row("agents-fall-silent-at-once", "assistant/heartbeats", "heeds no heartbeat",
        values={"assistant.heartbeat": 0}),
    row("heard-for-five-minutes", "assistant/heartbeats", "says for five minutes that an agent is there",
        values={"assistant.heartbeat": 300}),
    row("heard-for-a-minute", "assistant/heartbeats", "says for half a minute that an agent is there",
        values={"assistant.heartbeat": 30}),
    row("beats-of-an-hour-ago", "assistant/heartbeats", "tells of heartbeats of an hour ago",
        answer(STATUS, f"{AGENTS}[].LastHeartbeatTime", shifted(-3_600_000))),
    row("always-connected", "assistant/heartbeats", "calls every managed instance connected",
        answer(MANAGED, "Instances[].Connected", becomes(True))),
    row("version-of-the-silent", "assistant/heartbeats", "shows a version where no agent runs",
        answer(STATUS, f"{AGENTS}[].CloudAssistantVersion", becomes("2.2.3.541"))),
    *(row(f"sessions-{word}", "assistant/session-support", f"says of each agent that sessions are {word}",
          answer(STATUS, f"{AGENTS}[].SupportSessionManager", becomes(word == "always")))
      for word in ("always", "never")),
    row("status-of-instances-alone", "assistant/status-of-all", "lists no managed instance",
        answer(STATUS, AGENTS, without(lambda each: each["InstanceId"].startswith("mi-")))),
    *(row(f"ignores-{name.lower()}-of-agents", "assistant/status-of-all", f"ignores {name}",
          request(STATUS, drop(name)))
      for name in ("OSType", "MaxResults", "NextToken", "PageNumber")),
    row("systems-in-small-letters", "assistant/status-of-all", "writes the system in small letters",
        answer(STATUS, f"{AGENTS}[].OSType", read_as({"Linux": "linux"}))),
    *(row(f"installs-on-{count}", "assistant/install-limit", f"installs the agent on {count} instances at once",
          values={"assistant.install_targets": count})
      for count in (20, 100)),
)  # fmt: skip
