"""Wrong regions of Cloud Assistant's limits, and of what it shows of invocations, files and agents."""

from __future__ import annotations

from typing import Any, Final

from faultzone.clock import SECOND
from faultzone.mutations.library import (
    answer,
    as_text,
    at,
    backwards,
    becomes,
    copy,
    decoded,
    drop,
    emptied,
    put,
    read_as,
    refuse,
    refused_as,
    request,
    retry,
    shifted,
    swallow,
    to_the_minute,
    where,
)
from faultzone.mutations.regions.places import AGENTS, COMMANDS, RECORDS, TARGETS
from faultzone.mutations.row import always, row

CREATE: Final = "CreateCommand"
MODIFY: Final = "ModifyCommand"
RUN: Final = "RunCommand"
RUNS: Final = (RUN, "InvokeCommand")
LISTED: Final = "DescribeCommands"
INVOCATIONS: Final = "DescribeInvocations"
SHOWN: Final = "Invocations.Invocation[]"
RESULTS: Final = "DescribeInvocationResults"
STATUS: Final = "DescribeCloudAssistantStatus"
SEND: Final = "SendFile"
FILES: Final = "DescribeSendFileResults"


def longer(name: str, most: int) -> Any:
    """Whether a parameter has more bytes than so many characters could have letters."""
    return lambda given: len(str(given.get(name) or "").encode()) > most


def cut(most: int) -> Any:
    """The first characters of a text."""
    return lambda text: text[:most] if isinstance(text, str) else text


REGIONS: Final = (
    # Limits
    *(row(f"{name.replace('_', '-')}-of-{count}", "assistant/name-limits-128", f"allows {count} characters",
          values={f"assistant.{name}": count})
      for name, counts in (("name_length", (127, 129)), ("description_length", (511, 513))) for count in counts),
    *(row(f"bytes-of-{name.lower()}", "assistant/name-limits-128", f"counts the bytes of {name}",
          refuse((CREATE, RUN), code, longer(name, most)))
      for name, most, code in (("Name", 128, "CmdName.ExceedLimit"), ("Description", 512, "CmdDesc.ExceedLimit"))),
    *(row(f"{action.lower()}-takes-any-{name.lower()}", "assistant/name-limits-128",
          f"takes a {name} that is too long of {action}", retry(action, code, at(name, cut(most))))
      for action in (MODIFY, RUN)
      for name, most, code in (("Name", 128, "CmdName.ExceedLimit"), ("Description", 512, "CmdDesc.ExceedLimit"))),
    *(row(f"users-of-256-in-{action.lower()}", "assistant/user-name-limit", f"cuts Username of {action}",
          request(action, at("Username", cut(255)))) for action in RUNS),
    *(row(f"users-of-254-in-{action.lower()}", "assistant/user-name-limit", f"refuses 255 characters of {action}",
          refuse(action, "Username.ExceedLimit", lambda given: len(given.get("Username") or "") == 255))
      for action in RUNS),
    row("long-users-by-another-code", "assistant/user-name-limit", "refuses long names of users otherwise",
        refused_as(RUNS, "Username.ExceedLimit", "InvalidParameter")),
    row("blanks-count", "assistant/placeholder-names", "takes a name with blanks around it for text",
        request(CREATE, at("CommandContent", decoded(lambda script: script.replace(b"{{ ", b"{{. "))))),
    row("names-no-parameters", "assistant/placeholder-names", "lists no ParameterNames",
        answer(LISTED, f"{COMMANDS}[].ParameterNames.ParameterName", emptied())),
    row("names-parameters-backwards", "assistant/placeholder-names", "lists ParameterNames from the last to the first",
        answer(LISTED, f"{COMMANDS}[].ParameterNames.ParameterName", backwards())),
    row("always-has-parameters", "assistant/placeholder-names", "says that each command has parameters",
        answer(LISTED, f"{COMMANDS}[].EnableParameter", becomes(True))),
    row("any-name-of-a-parameter", "assistant/placeholder-characters", "leaves what is no name in a script",
        values={"assistant.names_checked": False}),
    row("any-name-of-a-parameter-of-a-run", "assistant/placeholder-characters", "lets RunCommand have any names",
        retry(RUN, "CmdParam.InvalidParamName", drop("EnableParameter"))),
    row("no-name-by-another-code", "assistant/placeholder-characters", "refuses a parameter without a name otherwise",
        refused_as(CREATE, "CmdParam.EmptyKey", "InvalidParameter")),
    row("names-by-another-code", "assistant/placeholder-characters", "refuses what is no name otherwise",
        refused_as(CREATE, "CmdParam.InvalidParamName", "InvalidParameter")),
    row("built-in-by-its-letters", "assistant/placeholder-characters", "fills in nothing for names in small letters",
        request(RUN, at("CommandContent", where(lambda script: "acs::instanceid" in str(script), becomes("echo"))))),
    row("twenty-one-parameters", "assistant/placeholder-names", "takes any number of parameters",
        swallow(CREATE, "InvalidParameter")),
    row("twenty-one-parameters-of-a-run", "assistant/placeholder-names", "takes any number of parameters in RunCommand",
        swallow(RUN, "InvalidParameter")),
    row("long-parameters", "assistant/placeholder-names", "takes names of any length",
        swallow((CREATE, RUN), "CmdParamName.ExceedLimit")),
    row("long-parameters-by-another-code", "assistant/placeholder-names", "refuses long names otherwise",
        refused_as((CREATE, RUN), "CmdParamName.ExceedLimit", "InvalidParameter")),
    *(row(f"takes-any-{code.lower()}", "assistant/parameter-limits", f"never answers {code}", swallow(RUNS, code))
      for code in ("ParameterCount.ExceedLimit", "ParameterKey.ExceedLimit", "ParameterKey.Duplicate")),
    *(row(f"no-{code.lower()}-of-{action.lower()}", "assistant/parameter-limits", f"has no {code} of {action}",
          refused_as(action, code, "InvalidParameter")) for action in RUNS
      for code in ("ParameterCount.ExceedLimit", "ParameterKey.ExceedLimit", "ParameterKey.Duplicate")),
    row("nine-parameters", "assistant/parameter-limits", "takes nine parameters",
        refuse(RUNS, "ParameterCount.ExceedLimit", lambda given: '"p9"' in (given.get("Parameters") or ""))),
    row("output-unasked", "assistant/include-output", "always shows the output",
        request(INVOCATIONS, where(lambda given: given.get("InvokeId") or given.get("InstanceId"),
                                   put(IncludeOutput=True)))),
    row("output-never", "assistant/include-output", "never shows the output",
        request(INVOCATIONS, where(lambda given: given.get("InvokeId") or given.get("InstanceId"),
                                   drop("IncludeOutput")))),
    row("output-of-all", "assistant/include-output", "shows the output of all",
        swallow(INVOCATIONS, "InvalidParameter")),
    row("output-by-id-alone", "assistant/include-output", "shows the output of an invocation that is named alone",
        refuse(INVOCATIONS, "InvalidParameter", lambda asked: asked.get("IncludeOutput") and "InvokeId" not in asked)),
    *(row(f"results-by-{count}", "assistant/results-page-50", f"gives pages of {count} results",
          values={"assistant.page_size_results": count}) for count in (20, 49, 51, 100)),
    *(row(f"keeps-records-for-{days}-days-of-14", "assistant/retention-two-weeks", f"forgets records after {days} days",
          values={"assistant.record_days": days}) for days in (12, 15, 0)),

    # Systems
    row("no-new-systems", "assistant/os-of-public-images", "runs no commands on later systems",
        values={"assistant.systems": ("Windows Server 2016", "Ubuntu 18", "CentOS", "Debian", "Alibaba Cloud Linux")}),
    row("freebsd-is-linux", "assistant/os-of-public-images", "tells Linux of FreeBSD",
        answer(STATUS, f"{AGENTS}[].OSType", read_as({"FreeBSD": "Linux"}))),
    row("any-system-is-listed", "assistant/os-of-public-images", "ignores OSType", request(STATUS, drop("OSType"))),

    # What is shown of invocations
    *(row(f"shows-no-{name.lower()}-of-invocations", "assistant/invocation-shows", f"shows no {name}",
          answer(INVOCATIONS, f"{SHOWN}.{name}", emptied()))
      for name in ("CommandId", "CommandName", "CommandType", "CommandDescription", "CommandContent", "RepeatMode",
                   "Timeout", "WorkingDir", "Username", "CreationTime")),
    row("shows-no-values", "assistant/invocation-shows", "shows no Parameters",
        answer(INVOCATIONS, f"{SHOWN}.Parameters", becomes("{}"))),
    row("shows-no-frequency", "assistant/invocation-shows", "shows no Frequency",
        answer(INVOCATIONS, f"{SHOWN}.Frequency", becomes(""))),
    row("shows-everything-timed", "assistant/invocation-shows", "calls everything timed",
        answer(INVOCATIONS, f"{SHOWN}.Timed", becomes(True))),
    row("shows-nothing-timed", "assistant/invocation-shows", "calls nothing timed",
        answer(INVOCATIONS, f"{SHOWN}.Timed", becomes(False))),
    row("shows-timeouts-as-text", "assistant/invocation-shows", "shows Timeout as text",
        answer(INVOCATIONS, f"{SHOWN}.Timeout", as_text())),
    row("shows-base64-alone", "assistant/invocation-shows", "shows content in Base64 whatever is asked for",
        request(INVOCATIONS, drop("ContentEncoding"))),
    row("shows-local-times", "assistant/invocation-shows", "shows CreationTime in the time of UTC+8",
        answer(INVOCATIONS, f"{SHOWN}.CreationTime", shifted(28800 * SECOND))),
    *(row(f"no-{name.lower()}-of-a-target", "assistant/run-times", f"shows no {name}",
          answer(INVOCATIONS, f"{TARGETS}[].{name}", becomes("")))
      for name in ("CreationTime", "StartTime", "FinishTime", "StopTime", "UpdateTime")),
    *(row(f"no-{name.lower()}-of-a-record", "assistant/run-times", f"shows no {name} of results",
          answer(RESULTS, f"{RECORDS}[].{name}", becomes(""))) for name in ("StartTime", "StopTime", "FinishedTime")),
    row("finishes-as-it-starts", "assistant/run-times", "shows the start as the end",
        answer(INVOCATIONS, f"{TARGETS}[]", copy("StartTime", "FinishTime"))),
    row("stops-as-it-ends", "assistant/run-times", "shows the end as a stop",
        answer(INVOCATIONS, f"{TARGETS}[]", copy("FinishTime", "StopTime"))),
    row("starts-as-it-is-made", "assistant/run-times", "shows times to the minute",
        answer(INVOCATIONS, f"{TARGETS}[].StartTime", to_the_minute())),
    row("ends-late", "assistant/run-times", "shows the end a second late",
        answer(INVOCATIONS, f"{TARGETS}[].FinishTime", shifted(SECOND))),
    row("changes-as-it-starts", "assistant/run-times", "shows the start as the last change",
        answer(INVOCATIONS, f"{TARGETS}[]", copy("StartTime", "UpdateTime"))),
    *(row(f"counts-{count}-runs-in-{action.lower()}", "assistant/repeats", f"always counts {count} runs in {action}",
          answer(action, f"{place}[].Repeats", becomes(count)))
      for action, place in ((INVOCATIONS, TARGETS), (RESULTS, RECORDS)) for count in (0, 1)),
    row("counts-one-more", "assistant/repeats", "counts the run that is to come",
        answer(INVOCATIONS, f"{TARGETS}[].Repeats", lambda count: count + 1)),

    # Agents
    *(row(f"tells-no-{name.lower()}", "assistant/status-counts", f"tells no {name}",
          answer(STATUS, f"{AGENTS}[].{name}", emptied()))
      for name in ("InvocationCount", "ActiveTaskCount", "LastInvokedTime")),
    row("counts-what-goes-on", "assistant/status-counts", "counts what goes on as done",
        answer(STATUS, f"{AGENTS}[]", lambda shown: {
            **shown, "InvocationCount": shown["InvocationCount"] + shown["ActiveTaskCount"]})),
    row("told-to-the-minute", "assistant/status-counts", "tells LastInvokedTime to the minute",
        answer(STATUS, f"{AGENTS}[].LastInvokedTime", to_the_minute())),
    row("old-agents-fill-in", "assistant/built-ins-need-agent", "lets any agent fill in everything",
        agent_fills_in=always(True)),
    row("old-agents-fill-in-nothing", "assistant/built-ins-need-agent", "lets old agents fill in nothing",
        agent_fills_in=lambda right, names, *said: right.agent_fills_in([*names, "InvokeId"], *said)),
    *(row(f"old-agents-fill-in-{name.lower()}", "assistant/built-ins-need-agent", f"lets any agent fill in {name}",
          agent_fills_in=lambda right, names, *said, but=name: right.agent_fills_in({*names} - {but}, *said))
      for name in ("InstanceId", "InstanceName", "InvokeId", "CommandId")),
    row("every-command-is-fresh", "assistant/built-ins-need-agent", "takes every command for one of RunCommand",
        agent_fills_in=lambda right, names, several, fresh, *agent: right.agent_fills_in(names, several, True, *agent)),

    # Files
    row("files-with-a-timeout", "assistant/file-timeout", "refuses a file whose Timeout is 0",
        refuse(SEND, "InvalidParameter", lambda given: str(given.get("Timeout")) == "0")),
    row("files-for-any-group", "assistant/file-groups", "sends a file of a group to instances of any",
        request(SEND, drop("ResourceGroupId"))),
    row("files-for-the-default-group", "assistant/file-groups",
        "sends a file of a group to instances of the default group",
        group_takes=lambda right, kept, of, file: right.group_takes(kept, of, False)),
    row("files-for-no-group", "assistant/file-groups", "sends no file of a group to instances of it",
        group_takes=lambda right, kept, of, file: right.group_takes(kept, of, file) and not (file and of)),
    *(row(f"any-{name.lower()}-of-a-file", "assistant/file-words", f"takes any {name}", swallow(SEND, code))
      for name, code in (("Name", "FileName.ExceedLimit"), ("TargetDir", "FileTargetDir.Invalid"),
                         ("Description", "FileDesc.ExceedLimit"), ("FileMode", "FileMode.Invalid"))),
    *(row(f"{name.lower()}-of-a-file-by-another-code", "assistant/file-words", f"refuses a wrong {name} otherwise",
          refused_as(SEND, code, "InvalidParameter"))
      for name, code in (("Name", "FileName.ExceedLimit"), ("TargetDir", "FileTargetDir.Invalid"),
                         ("Description", "FileDesc.ExceedLimit"), ("FileMode", "FileMode.Invalid"))),
    row("files-of-short-names", "assistant/file-words", "counts the bytes of the name of a file",
        refuse(SEND, "FileName.ExceedLimit", longer("Name", 255))),
    row("modes-have-four-digits", "assistant/file-words", "refuses a mode of three digits",
        refuse(SEND, "FileMode.Invalid", lambda given: len(given.get("FileMode") or "0644") != 4)),
    *(row(f"files-to-{count}", "assistant/file-targets", f"sends a file to {count} instances",
          values={"assistant.sending_targets": count}) for count in (49, 51)),
    *(row(f"sends-in-spite-of-{code.lower()}", "assistant/file-targets", f"never answers {code}", swallow(SEND, code))
      for code in ("MissingParameter.InstanceIds", "InvalidInstance.NotFound", "InvalidInstanceStatus",
                   "InvalidInstance.NoClient")),
    row("sends-into-nothing", "assistant/file-directory", "sends files to /srv alone",
        request(SEND, where(lambda given: str(given.get("TargetDir")).startswith("/srv/"), put(TargetDir="/srv")))),
    *(row(f"shows-no-{name.lower()}-of-files", "assistant/file-listing", f"shows no {name} of a file",
          answer(FILES, f"{SHOWN}.{name}", emptied()))
      for name in ("Name", "TargetDir", "Content", "ContentType", "Description", "FileMode", "FileOwner", "FileGroup",
                   "Overwrite", "VmCount", "CreationTime")),
    *(row(f"files-of-{value}", "assistant/file-listing", f"shows {name} {value} always",
          answer(FILES, f"{SHOWN}.{name}", becomes(value)))
      for name, value in (("FileMode", "0644"), ("FileOwner", "root"), ("Overwrite", "false"),
                          ("ContentType", "PlainText"))),
    row("overwrite-is-a-number", "assistant/file-listing", "shows Overwrite with a capital",
        answer(FILES, f"{SHOWN}.Overwrite", read_as({"true": "True", "false": "False"}))),
    *(row(f"shows-no-{name.lower()}-of-a-sent-file", "assistant/file-listing", f"shows no {name} of a target",
          answer(FILES, f"{TARGETS}[].{name}", becomes("")))
      for name in ("InstanceId", "CreationTime", "StartTime", "FinishTime", "UpdateTime")),
    *(row(f"files-never-{status.lower()}", "assistant/file-totals", f"calls {other} what is {status}",
          answer(FILES, f"{SHOWN}.InvocationStatus", read_as({status: other})))
      for status, other in (("Pending", "Running"), ("Success", "Finished"), ("Failed", "PartialFailed"),
                            ("PartialFailed", "Failed"))),
    row("files-of-any-status", "assistant/file-totals", "ignores InvocationStatus",
        request(FILES, drop("InvocationStatus"))),
)  # fmt: skip
