"""Wrong regions of the chapter on instances: batches, tokens, dry runs, names and listings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from faultzone.backends import Backend
from faultzone.ecs.errors import ApiError
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.instances import Rewrite, asks

LAUNCHES = ("RunInstances", "CreateInstance")
LISTINGS = ("DescribeInstances", "DescribeInstanceStatus")

for _name, _clause, _says, _value, _given in (
    ("user-data-of-12-kb", "user-data-limit", "measures user data in Base64", "user_data_bytes", 12_288),
    ("user-data-of-a-byte-more", "user-data-limit", "takes a byte too many", "user_data_bytes", 16_385),
    ("passwords-of-seven", "password-rule", "takes a password of seven characters", "password_length", [7, 30]),
    ("passwords-of-31", "password-rule", "takes a password of 31 characters", "password_length", [8, 31]),
    ("descriptions-of-257", "description-rule", "takes a longer description", "description_length", [2, 257]),
    ("descriptions-of-one", "description-rule", "takes a description of one character", "description_length", [1, 256]),
    ("tokens-of-65", "client-token-length", "takes a token of 65 characters", "client_token_length", 65),
    ("tokens-of-63", "client-token-length", "refuses a token of 64 characters", "client_token_length", 63),
    ("names-of-one", "name-rule", "takes a name of one character", "name_length", [1, 128]),
    ("names-of-127", "name-rule", "refuses a name of 128 characters", "name_length", [2, 127]),
    ("names-of-129", "name-rule", "takes a name of 129 characters", "name_length", [2, 129]),
    ("windows-like-linux", "host-name-rule", "takes long names on Windows", "host_name_length_windows", [2, 64]),
    ("linux-like-windows", "host-name-rule", "refuses long names on Linux", "host_name_length", [2, 15]),
):
    declare(_name, f"instance/{_clause}", _says, {f"instance.{_value}": _given})


# Rules


@wrong("any-name", "instance/name-rule", "takes any characters in a name")
class _AnyName(Rules):
    def instance_name_is_valid(self, name: str) -> bool:
        least, most = self.edition.instance.name_length
        return bool(least <= len(name) <= most)


@wrong("names-of-ascii", "instance/name-rule", "refuses Chinese names")
class _AsciiNames(Rules):
    def instance_name_is_valid(self, name: str) -> bool:
        return name.isascii() and super().instance_name_is_valid(name)


@wrong("any-host-name", "instance/host-name-rule", "takes dots and hyphens anywhere in a host name")
class _AnyHostName(Rules):
    def host_name_is_valid(self, name: str, system: str) -> bool:
        return super().host_name_is_valid("".join("a" if each in ".-" else each for each in name), system)


@wrong("weak-passwords", "instance/password-rule", "takes passwords of any characters")
class _WeakPasswords(Rules):
    def password_is_valid(self, password: str, system: str) -> bool:
        return len(password) in range(8, 31)


@wrong("user-data-anywhere", "instance/user-data-network", "takes user data of instances in the classic network")
class _UserDataAnywhere(Rules):
    def takes_user_data(self, in_vpc: bool, optimized: bool) -> bool:
        return True


@wrong("tokens-of-any-script", "instance/client-token-length", "takes tokens that are not ASCII")
class _AnyToken(Rules):
    def client_token_is_valid(self, token: str) -> bool:
        return len(token) <= self.edition.instance.client_token_length


@wrong("token-covers-other-parameters", "instance/client-token-mismatch", "answers other parameters like the first")
class _TokenCoversAll(Rules):
    def same_request(self, earlier: object, later: object) -> bool:
        return True


@wrong("token-never-repeats", "instance/client-token", "takes every repetition for another request")
class _TokenNeverRepeats(Rules):
    def same_request(self, earlier: object, later: object) -> bool:
        return False


@wrong("dry-run-makes", "instance/dry-run", "makes what a dry run asks for")
class _DryRunMakes(Rules):
    def dry_run_only_checks(self) -> bool:
        return False


# What is asked for in place of what was given


def without(*names: str) -> Rewrite:
    """Takes parameters away."""
    return lambda given: {name: value for name, value in given.items() if name not in names}


def number(given: dict[str, Any], name: str, default: int = 1) -> int:
    """A whole number among the parameters, or what stands for one that is none."""
    text = str(given.get(name, default))
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 else default


def _one_short(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "Amount": max(1, number(given, "Amount") - 1)} if number(given, "Amount") <= 100 else given


def _clamped(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "Amount": min(100, max(1, number(given, "Amount")))}


def _lower(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "ClientToken": given["ClientToken"].lower()} if "ClientToken" in given else given


def _without_stars(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "InstanceName": str(given.get("InstanceName", "")).replace("*", "")}


def _without_empty_ids(given: dict[str, Any]) -> dict[str, Any]:
    return without("InstanceIds")(given) if given.get("InstanceIds") == "[]" else given


def _some_ids(given: dict[str, Any]) -> dict[str, Any]:
    ids = json.loads(given["InstanceIds"]) if given.get("InstanceIds") else None
    return {**given, "InstanceIds": json.dumps(ids[:100])} if ids else given


def _next_page(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "PageNumber": number(given, "PageNumber") + 1}


for _name, _clause, _says, _actions, _rewrite in (
    ("one-short", "run-amount", "makes one less than asked", ("RunInstances",), _one_short),
    ("amount-is-clamped", "run-amount", "makes what it can of a wrong amount", ("RunInstances",), _clamped),
    ("two-by-default", "run-amount", "makes two unless told", ("RunInstances",), lambda given: {"Amount": 2, **given}),
    (
        "half-made-batch",
        "run-all-or-nothing",
        "makes what supply allows without MinAmount",
        ("RunInstances",),
        lambda given: {"MinAmount": 1, **given},
    ),
    ("min-amount-ignored", "min-amount", "ignores MinAmount", ("RunInstances",), without("MinAmount")),
    (
        "min-amount-is-one",
        "min-amount",
        "takes MinAmount for a switch",
        ("RunInstances",),
        lambda given: {**given, "MinAmount": 1} if "MinAmount" in given else given,
    ),
    (
        "min-amount-is-enough",
        "min-amount",
        "makes no more than MinAmount",
        ("RunInstances",),
        lambda given: {**given, "Amount": given.get("MinAmount", given.get("Amount"))},
    ),
    ("token-ignored", "client-token", "ignores the token", LAUNCHES, without("ClientToken")),
    ("tokens-without-case", "client-token-mismatch", "does not tell letters by case", LAUNCHES, _lower),
    ("status-ignored", "describe-filters", "ignores the filter of the state", LISTINGS, without("Status")),
    ("zone-ignored", "describe-filters", "ignores the filter of the zone", LISTINGS, without("ZoneId")),
    ("type-ignored", "describe-filters", "ignores the filter of the type", LISTINGS, without("InstanceType")),
    ("vswitch-ignored", "describe-filters", "ignores the filter of the vSwitch", LISTINGS, without("VSwitchId")),
    ("groups-ignored", "describe-filters", "ignores the filter of the group", LISTINGS, without("SecurityGroupId")),
    ("locks-ignored", "describe-filters", "ignores the filter of the lock", LISTINGS, without("LockReason")),
    ("tags-ignored", "describe-filters", "ignores the filter of the tags", LISTINGS, without("Tag")),
    ("ids-ignored", "describe-filters", "ignores the filter of the ids", LISTINGS, without("InstanceIds")),
    ("star-is-nothing", "describe-name-wildcard", "drops the asterisk", LISTINGS, _without_stars),
    ("empty-ids-are-all", "describe-empty-ids", "takes no ids for all", LISTINGS, _without_empty_ids),
    ("ids-are-cut", "describe-ids-limit", "looks at the first 100 ids", LISTINGS, _some_ids),
    ("page-size-ignored", "describe-paging", "ignores the size of pages", LISTINGS, without("PageSize")),
    ("pages-from-zero", "describe-paging", "counts pages from 0", LISTINGS, _next_page),
    ("first-page-for-ever", "describe-paging", "shows the first page again", LISTINGS, without("PageNumber")),
):
    asks(_name, _clause, _says, _actions, _rewrite)


# What is answered in place of the right answer


@wrong("total-of-the-page", "instance/describe-paging", "counts the page alone")
class _TotalOfThePage(Wrapper):
    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DescribeInstances":
            answer["TotalCount"] = len(answer["Instances"]["Instance"])
        return answer


def _tells(name: str, clause: str, says: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Declare a region that tells of each instance otherwise."""

    @wrong(name, f"instance/{clause}", says)
    class _Tells(Wrapper):
        def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
            if action == "DescribeInstances":
                for each in answer["Instances"]["Instance"]:
                    each.update(change(each))
            return answer


_tells(
    "times-to-the-second",
    "describe-times",
    "tells times to the second",
    lambda each: {"CreationTime": each["CreationTime"].replace("Z", ":00Z")},
)
_tells(
    "memory-in-gib",
    "describe-resources",
    "tells memory in GiB",
    lambda each: {"Memory": each["Memory"] // 1024},
)
_tells("vcpus-as-text", "describe-resources", "tells vCPUs as a text", lambda each: {"Cpu": str(each["Cpu"])})


@wrong("empty-filter-excludes", "instance/describe-filters", "finds nothing for an empty filter")
class _EmptyExcludes(Wrapper):
    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DescribeInstances" and "" in parameters.values():
            answer.update(TotalCount=0, Instances={"Instance": []})
        return answer


@wrong("star-is-a-character", "instance/describe-name-wildcard", "looks for the asterisk itself")
class _StarIsACharacter(Wrapper):
    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DescribeInstances" and "*" in str(parameters.get("InstanceName")):
            answer.update(TotalCount=0, Instances={"Instance": []})
        return answer


@wrong("lock-hides", "instance/security-lock", "does not show what is locked")
class _LockHides(Wrapper):
    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        for each in answer.get("Instances", {}).get("Instance", ()):
            each["OperationLocks"] = {"LockReason": []}
        return answer


@wrong("dry-run-answers", "instance/dry-run", "answers a dry run that would succeed")
class _DryRunAnswers(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if refusal.code != "DryRunOperation":
                raise
            return {"InstanceIdSets": {"InstanceIdSet": []}, "InstanceId": "", "RequestId": refusal.request_id}


@wrong("dry-run-checks-nothing", "instance/dry-run", "lets every dry run pass")
class _DryRunChecksNothing(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if parameters.get("DryRun") is True:
            raise ApiError("DryRunOperation")
        return super().call(action, parameters, account=account)


@wrong("dry-run-forgets-supply", "instance/dry-run", "does not look at supply in a dry run")
class _DryRunForgetsSupply(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if parameters.get("DryRun") is True and refusal.code == "OperationDenied.NoStock":
                raise ApiError("DryRunOperation") from None
            raise


@wrong("refused-token-is-spent", "instance/client-token", "spends the token of a request that it refuses")
class _RefusedTokenSpent(Wrapper):
    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.spent: set[object] = set()

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        token = parameters.get("ClientToken")
        if token in self.spent:
            raise ApiError("IdempotentParameterMismatch")
        try:
            return super().call(action, parameters, account=account)
        except ApiError:
            if token is not None:
                self.spent.add(token)
            raise


class _Refuses(Wrapper):
    """Spoils what a refusal carries."""

    def spoil(self, refusal: ApiError) -> ApiError:
        """The refusal in place of the right one."""
        return refusal

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            raise self.spoil(refusal) from None


@wrong("refusal-without-a-request-id", "instance/error-envelope", "refuses without a request id")
class _NoRequestId(_Refuses):
    def spoil(self, refusal: ApiError) -> ApiError:
        refusal.request_id = None
        return refusal


@wrong("refusal-without-a-word", "instance/error-envelope", "refuses without a message")
class _NoMessage(_Refuses):
    def spoil(self, refusal: ApiError) -> ApiError:
        silent = ApiError(refusal.code, "", refusal.status)
        silent.request_id = refusal.request_id
        return silent


@wrong("refusal-with-200", "instance/error-envelope", "refuses with the status 200")
class _Status200(_Refuses):
    def spoil(self, refusal: ApiError) -> ApiError:
        fine = ApiError(refusal.code, refusal.message, 200)
        fine.request_id = refusal.request_id
        return fine


@wrong("answer-without-a-request-id", "instance/error-envelope", "answers without a request id")
class _AnswerWithoutId(Wrapper):
    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        answer["RequestId"] = ""
        return answer
