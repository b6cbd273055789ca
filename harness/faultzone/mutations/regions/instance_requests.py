"""Wrong regions of the chapter on instances: batches, tokens, dry runs, names and listings."""

from __future__ import annotations

import json
from typing import Final

from faultzone.api.errors import ApiError
from faultzone.mutations.library import (
    EVERY,
    Answer,
    Parameters,
    answer,
    as_text,
    at,
    copy,
    counted,
    default,
    drop,
    emptied,
    put,
    refuse,
    refused_as,
    replaced,
    request,
    retry,
    where,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper


def number(given: Parameters, name: str, default: int = 1) -> int:
    """A whole number among the parameters, or what stands for one that is none."""
    text = str(given.get(name, default))
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 else default


def one_short(given: Answer) -> Answer:
    """One instance less than asked."""
    return {**given, "Amount": max(1, number(given, "Amount") - 1)} if number(given, "Amount") <= 100 else given


def clamped(given: Answer) -> Answer:
    """As many instances as can be."""
    return {**given, "Amount": min(100, max(1, number(given, "Amount")))}


def next_page(given: Answer) -> Answer:
    """The page after the one that is asked for."""
    return {**given, "PageNumber": number(given, "PageNumber") + 1}


def dots_are_letters(name: str) -> str:
    """A name with a letter for every dot and hyphen."""
    return "".join("a" if each in ".-" else each for each in name)


def is_dry(given: Parameters) -> bool:
    """Whether a request is a dry run."""
    return given.get("DryRun") is True


class DryRunAnswers(Wrapper):
    """Answers where the refusal says that a dry run would succeed."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        try:
            return super().called(action, parameters, account)
        except ApiError as refusal:
            if refusal.code != "DryRunOperation":
                raise
            return {"InstanceIdSets": {"InstanceIdSet": []}, "InstanceId": "", "RequestId": refusal.request_id}


class RefusedTokenIsSpent(Wrapper):
    """Takes the token of a refused request for one that was used."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        spent, token = self.__dict__.setdefault("spent", set()), parameters.get("ClientToken")
        if token in spent:
            raise ApiError("IdempotentParameterMismatch")
        try:
            return super().called(action, parameters, account)
        except ApiError:
            spent.update({token} - {None})
            raise


NOTHING: Final = put(TotalCount=0, Instances={"Instance": []})
RUN: Final = "RunInstances"
LAUNCHES: Final = ("RunInstances", "CreateInstance")
LISTING: Final = "DescribeInstances"
LISTINGS: Final = ("DescribeInstances", "DescribeInstanceStatus")

#: Actions that take a token besides launches, and how each refuses one of another request.
MAKING: Final = {
    "CreateDeploymentSet": "IdempotentParameterMismatch",
    "CreateSecurityGroup": "IdempotentParameterMismatch",
    "RenewInstance": "IdempotenceParamNotMatch",
}

REGIONS: Final = (
    row("user-data-of-12-kb", "instance/user-data-limit", "measures user data in Base64",
        values={"instance.user_data_bytes": 12_288}),
    row("user-data-of-a-byte-more", "instance/user-data-limit", "takes a byte too many",
        values={"instance.user_data_bytes": 16_385}),
    row("passwords-of-seven", "instance/password-rule", "takes a password of seven characters",
        values={"instance.password_length": [7, 30]}),
    row("passwords-of-31", "instance/password-rule", "takes a password of 31 characters",
        values={"instance.password_length": [8, 31]}),
    row("descriptions-of-257", "instance/description-rule", "takes a longer description",
        values={"instance.description_length": [2, 257]}),
    row("descriptions-of-one", "instance/description-rule", "takes a description of one character",
        values={"instance.description_length": [1, 256]}),
    row("tokens-of-65", "instance/client-token-length", "takes a token of 65 characters",
        values={"instance.client_token_length": 65}),
    row("tokens-of-63", "instance/client-token-length", "refuses a token of 64 characters",
        values={"instance.client_token_length": 63}),
    row("names-of-one", "instance/name-rule", "takes a name of one character",
        values={"instance.name_length": [1, 128]}),
    row("names-of-127", "instance/name-rule", "refuses a name of 128 characters",
        values={"instance.name_length": [2, 127]}),
    row("names-of-129", "instance/name-rule", "takes a name of 129 characters",
        values={"instance.name_length": [2, 129]}),
    row("windows-like-linux", "instance/host-name-rule", "takes long names on Windows",
        values={"instance.host_name_length_windows": [2, 64]}),
    row("linux-like-windows", "instance/host-name-rule", "refuses long names on Linux",
        values={"instance.host_name_length": [2, 15]}),

    # Rules
    row("any-name", "instance/name-rule", "takes any characters in a name",
        instance_name_is_valid=lambda right, name: (
            len(name) in range(right.edition.instance.name_length[0], right.edition.instance.name_length[1] + 1))),
    row("names-of-ascii", "instance/name-rule", "refuses Chinese names",
        instance_name_is_valid=lambda right, name: name.isascii() and right.instance_name_is_valid(name)),
    row("any-host-name", "instance/host-name-rule", "takes dots and hyphens anywhere in a host name",
        host_name_is_valid=lambda right, name, system: right.host_name_is_valid(dots_are_letters(name), system)),
    row("passwords-of-letters", "instance/password-rule", "takes a password of upper and lower case alone",
        password_is_valid=lambda right, password, system: right.password_is_valid(password, system)
        or password.isalpha()),
    row("passwords-without-letters", "instance/password-rule", "takes a password of digits and special characters",
        password_is_valid=lambda right, password, system: right.password_is_valid(password, system)
        or not (password.isdigit() or any(map(str.isalpha, password)))),
    row("passwords-of-capitals", "instance/password-rule", "takes a password of upper case and special characters",
        password_is_valid=lambda right, password, system: right.password_is_valid(password, system)
        or (password.isupper() and not any(map(str.isdigit, password)))),
    row("no-slash-before-a-password", "instance/password-rule", "refuses a slash before a password on every system",
        password_is_valid=lambda right, password, system: right.password_is_valid(password, "windows")),
    row("weak-passwords", "instance/password-rule", "takes passwords of any characters",
        password_is_valid=lambda right, password, system: len(password) in range(8, 31)),
    row("user-data-anywhere", "instance/user-data-network", "takes user data of instances in the classic network",
        takes_user_data=always(True)),
    row("tokens-of-any-script", "instance/client-token-length", "takes tokens that are not ASCII",
        client_token_is_valid=lambda right, token: len(token) <= right.edition.instance.client_token_length),
    row("token-covers-other-parameters", "instance/client-token-mismatch",
        "answers other parameters like the first", same_request=always(True)),
    row("token-never-repeats", "instance/client-token", "takes every repetition for another request",
        same_request=always(False)),
    row("dry-run-makes", "instance/dry-run", "makes what a dry run asks for", dry_run_only_checks=always(False)),

    # What is asked for in place of what was given
    row("one-short", "instance/run-amount", "makes one less than asked", request(RUN, one_short)),
    row("amount-is-clamped", "instance/run-amount", "makes what it can of a wrong amount", request(RUN, clamped)),
    row("two-by-default", "instance/run-amount", "makes two unless told", request(RUN, default(Amount=2))),
    row("half-made-batch", "instance/run-all-or-nothing", "makes what supply allows without MinAmount",
        request(RUN, default(MinAmount=1))),
    row("min-amount-ignored", "instance/min-amount", "ignores MinAmount", request(RUN, drop("MinAmount"))),
    row("min-amount-is-one", "instance/min-amount", "takes MinAmount for a switch",
        request(RUN, where(lambda given: "MinAmount" in given, put(MinAmount=1)))),
    row("min-amount-is-enough", "instance/min-amount", "makes no more than MinAmount",
        request(RUN, copy("MinAmount", to="Amount"))),
    *(row(f"token-of-{action}-ignored", "instance/client-token", f"ignores the token of {action}",
          request(action, drop("ClientToken"))) for action in MAKING),
    *(row(f"token-of-{action}-for-anything", "instance/client-token-mismatch",
          f"answers {action} with a token of another request",
          retry(action, code, drop("ClientToken"))) for action, code in MAKING.items()),
    row("token-ignored", "instance/client-token", "ignores the token", request(LAUNCHES, drop("ClientToken"))),
    row("tokens-without-case", "instance/client-token-mismatch", "does not tell letters by case",
        request(LAUNCHES, at("ClientToken", str.lower))),
    row("status-ignored", "instance/describe-filters", "ignores the filter of the state",
        request(LISTINGS, drop("Status"))),
    row("zone-ignored", "instance/describe-filters", "ignores the filter of the zone",
        request(LISTINGS, drop("ZoneId"))),
    row("type-ignored", "instance/describe-filters", "ignores the filter of the type",
        request(LISTINGS, drop("InstanceType"))),
    row("vswitch-ignored", "instance/describe-filters", "ignores the filter of the vSwitch",
        request(LISTINGS, drop("VSwitchId"))),
    row("groups-ignored", "instance/describe-filters", "ignores the filter of the group",
        request(LISTINGS, drop("SecurityGroupId"))),
    row("zone-of-states-ignored", "instance/describe-filters", "ignores the zone where states are asked for",
        request("DescribeInstanceStatus", drop("ZoneId"))),
    *(row(f"{name}-ignored", "instance/describe-filters", f"ignores the filter {name}", request(LISTINGS, drop(name)))
      for name in ("DeploymentSetId", "CreditSpecification", "IoOptimized", "KeyPairName", "EipAddresses",
                   "InnerIpAddresses")),
    row("locks-ignored", "instance/describe-filters", "ignores the filter of the lock",
        request(LISTINGS, drop("LockReason"))),
    row("tags-ignored", "instance/describe-filters", "ignores the filter of the tags", request(LISTINGS, drop("Tag"))),
    row("ids-ignored", "instance/describe-filters", "ignores the filter of the ids",
        request(LISTINGS, drop("InstanceIds"))),
    row("star-is-nothing", "instance/describe-name-wildcard", "drops the asterisk",
        request(LISTINGS, default(InstanceName=""), at("InstanceName", str, replaced("*", "")))),
    row("empty-ids-are-all", "instance/describe-empty-ids", "takes no ids for all",
        request(LISTINGS, where(lambda given: given.get("InstanceIds") == "[]", drop("InstanceIds")))),
    row("ids-are-cut", "instance/describe-ids-limit", "looks at the first 100 ids",
        request(LISTINGS, at("InstanceIds", lambda ids: json.dumps(json.loads(ids)[:100]) if ids else ids))),
    row("page-size-ignored", "instance/describe-paging", "ignores the size of pages",
        request(LISTINGS, drop("PageSize"))),
    row("pages-from-zero", "instance/describe-paging", "counts pages from 0", request(LISTINGS, next_page)),
    row("first-page-for-ever", "instance/describe-paging", "shows the first page again",
        request(LISTINGS, drop("PageNumber"))),

    # What is answered in place of the right answer
    row("total-of-the-page", "instance/describe-paging", "counts the page alone",
        answer(LISTING, "", counted("TotalCount", INSTANCES))),
    row("times-to-the-second", "instance/describe-times", "tells times to the second",
        answer(LISTING, f"{INSTANCES}[].CreationTime", replaced("Z", ":00Z"))),
    row("memory-in-gib", "instance/describe-resources", "tells memory in GiB",
        answer(LISTING, f"{INSTANCES}[].Memory", lambda mib: mib // 1024)),
    row("vcpus-as-text", "instance/describe-resources", "tells vCPUs as a text",
        answer(LISTING, f"{INSTANCES}[].Cpu", as_text())),
    row("empty-filter-excludes", "instance/describe-filters", "finds nothing for an empty filter",
        answer(LISTING, "", NOTHING, when=lambda given: "" in given.values())),
    row("star-is-a-character", "instance/describe-name-wildcard", "looks for the asterisk itself",
        answer(LISTING, "", NOTHING, when=lambda given: "*" in str(given.get("InstanceName")))),
    row("lock-hides", "instance/security-lock", "does not show what is locked",
        answer(LISTING, f"{INSTANCES}[].OperationLocks.LockReason", emptied())),
    row("dry-run-answers", "instance/dry-run", "answers a dry run that would succeed", wrap=DryRunAnswers),
    row("dry-run-checks-nothing", "instance/dry-run", "lets every dry run pass",
        refuse(EVERY, "DryRunOperation", is_dry)),
    row("dry-run-forgets-supply", "instance/dry-run", "does not look at supply in a dry run",
        refused_as(EVERY, "OperationDenied.NoStock", "DryRunOperation", when=is_dry)),
    row("refused-token-is-spent", "instance/client-token", "spends the token of a request that it refuses",
        wrap=RefusedTokenIsSpent),
    row("refusal-without-a-request-id", "instance/error-envelope", "refuses without a request id",
        refused_as(EVERY, has_id=False)),
    row("refusal-without-a-word", "instance/error-envelope", "refuses without a message",
        refused_as(EVERY, message="")),
    row("refusal-with-200", "instance/error-envelope", "refuses with the status 200", refused_as(EVERY, status=200)),
    row("answer-without-a-request-id", "instance/error-envelope", "answers without a request id",
        answer(EVERY, "RequestId", emptied())),
)  # fmt: skip
