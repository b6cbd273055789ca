"""The console as a user has it: in Chromium, before an endpoint that serves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from faultzone.api.errors import ApiError
from faultzone.serve import Endpoint
from faultzone.serve.cloud import Hosted, endpoint
from tests.quality.sources import ROOT
from tests.support.event_answers import windows
from tests.support.patience import PATIENCE
from tests.support.runs import HOSTILE

pytestmark = [pytest.mark.pages, pytest.mark.slow]

SCREENSHOTS: Final = ROOT / ".build/pages"
TOKEN: Final = "the-token"
HOST: Final = "cn-hangzhou-a-h01"
IMAGE: Final = "centos_7_06_64_20G_alibase_20190218.vhd"


@pytest.fixture
def cloud() -> Iterator[Hosted]:
    made = Hosted(regions=["cn-hangzhou", "cn-beijing"], zones=2, hosts_per_zone=4, edition="2020-12")
    yield made
    made.close()


@pytest.fixture
def served(cloud: Hosted) -> Iterator[Endpoint]:
    with endpoint(cloud, token=TOKEN) as made:
        yield made


def run(cloud: Hosted, amount: int = 3, **parameters: object) -> list[str]:
    """Run instances, and let them start."""
    given = {"RegionId": "cn-hangzhou", "ImageId": IMAGE, "InstanceType": "ecs.g5.large", "Amount": amount}
    made = cloud.call("RunInstances", {**given, **parameters})["InstanceIdSets"]["InstanceIdSet"]
    cloud.control("advance", {"milliseconds": 60_000})
    ids: list[str] = made
    return ids


class Console:
    """A tab with the console, and what went wrong in it."""

    def __init__(self, context: Any, url: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)

    def live(self) -> Console:
        """Wait until the region is shown."""
        self.page.wait_for_selector("#state.live")
        self.page.wait_for_selector("#break [data-fault]")
        return self

    def sees(self, selector: str, text: str) -> None:
        """Wait until a part of the page has a text."""
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def chips(self, host: str) -> list[str]:
        """The instances that are shown on a host."""
        found: list[str] = self.page.eval_on_selector_all(
            f"[data-host={host}] [data-kind=instance]", "chips => chips.map((chip) => chip.dataset.id)"
        )
        return found


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1500, "height": 1000})
    yield made
    made.close()


@pytest.fixture
def opened(context: Any, served: Endpoint) -> Iterator[Any]:
    tabs: list[Console] = []

    def opens(link: str = f"#token={TOKEN}", url: str = "") -> Console:
        tabs.append(Console(context, f"{url or served.url}/{link}"))
        return tabs[-1]

    yield opens
    for each in tabs:
        # What the browser itself notes of a refused or lost connection is no error of the page.
        assert [said for said in each.wrong if "Failed to load resource" not in said] == []
        assert [url for url in each.asked if not re.match(r"http://127\.0\.0\.1:\d+/", url)] == []


def test_a_host_is_crashed_by_clicking_and_its_instance_recovers(opened: Any, cloud: Hosted) -> None:
    one = run(cloud, InstanceName="web")[0]
    tab = opened().live()
    assert tab.page.evaluate("location.hash") == "", "the token does not stay in the address"
    assert tab.chips(HOST) == [one]
    tab.page.click(f"[data-kind=host][data-id={HOST}]")
    tab.sees("#described", "up")
    tab.page.click("#break [data-fault=HostCrash]")
    tab.sees("#says", f"HostCrash(host='{HOST}', reversible=true) is in force (number 1)")
    tab.sees(f"[data-host={HOST}]", "HostCrash")
    for _ in range(4):
        tab.page.click("#minute")
        tab.sees("#says", "It is 2019-03-01T")
    tab.sees("#events", "SystemFailure.Reboot")
    tab.sees("#events", "Executed")
    tab.sees("#journal", f"{one}: Starting → Running on cn-hangzhou-a-h")
    assert tab.chips(HOST) == []
    assert sum(one in tab.chips(f"cn-hangzhou-a-h0{number}") for number in (2, 3, 4)) == 1
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=SCREENSHOTS / "console-light.png")
    tab.page.click("#undo-all")
    tab.sees("#says", "1 undone.")
    tab.sees("#faults", "undoing")
    tab.page.click("#minute")
    tab.sees("#faults", "Nothing is broken.")
    assert tab.page.is_disabled("#undo-all")


def test_time_is_advanced_to_a_release(opened: Any, cloud: Hosted) -> None:
    one = run(cloud, 1)[0]
    cloud.control("inject", {"fault": {"fault": "AccountArrears"}})
    tab = opened().live()
    for _ in range(30):
        if "AccountUnbalanced.Delete" in tab.text("#events"):
            break
        tab.page.click("#day")
        tab.sees("#says", "It is 2019-")
        tab.page.wait_for_timeout(400)
    tab.sees("#events", "AccountUnbalanced.Delete")
    tab.sees("#events", "Answer it by")
    tab.sees("#events", "a payment")
    tab.page.click("#to-next")
    tab.sees("#events", "Executed")
    tab.page.locator(f"[data-kind=instance][data-id={one}]").wait_for(state="detached")
    tab.sees("#money", "in arrears")


def planned(cloud: Hosted, **given: object) -> str:
    """The id of an event of an instance."""
    one = run(cloud, 1)[0]
    (made,) = cloud.control("schedule-maintenance", {"instance": one, **given})["events"]
    return str(made["event"])


def test_pending_events_are_answered_by_clicking(opened: Any) -> None:
    cloud = Hosted(regions=["cn-hangzhou"], zones=1, hosts_per_zone=4, edition="2026-10")
    asked, moved = planned(cloud, outcome="inquires"), planned(cloud)
    with endpoint(cloud, token=TOKEN) as served:
        tab = opened(url=served.url).live()
        move = tab.page.locator(f"[data-move={moved}]")
        move.get_by_role("textbox").fill("soon")
        move.get_by_role("textbox").press("Enter")
        tab.sees("#says", "soon: expected a length of time")
        move.get_by_role("textbox").fill("20m")
        tab.page.click(f"[data-answer={asked}][data-by=AcceptInquiredSystemEvent]")
        tab.sees("#says", f"{asked} is Executing, answered by AcceptInquiredSystemEvent.")
        # The list was drawn anew, and what was written stays.
        tab.page.locator("#events .tag").filter(has_text="Inquiring").wait_for(state="detached")
        assert move.get_by_role("textbox").input_value() == "20m"
        move.get_by_role("textbox").press("Enter")
        tab.sees("#says", f"{moved} is Scheduled, answered by ModifySystemEventAttribute.")
        tab.sees("#events", "due in 20 min")
        tab.page.screenshot(path=SCREENSHOTS / "console-answers.png")
        # A second answer comes too late, and the page says why.
        move.get_by_role("textbox").fill("99d")
        move.get_by_role("textbox").press("Enter")
        tab.sees("#says", "it cannot be later than")
        tab.page.click(f"[data-answer={moved}][data-by=RebootInstance]")
        tab.sees("#says", f"{moved} is Avoided, answered by RebootInstance.")
        tab.page.locator(f"[data-move={moved}]").wait_for(state="detached")
    cloud.close()


def test_a_refused_call_is_read(opened: Any, cloud: Hosted) -> None:
    tab = opened().live()
    assert tab.text("#refused") == "No call was refused."
    with suppress(ApiError):
        cloud.call("StopInstance", {"InstanceId": "i-none"})
    tab.sees("#refused", "StopInstance(InstanceId='i-none') refused: InvalidInstanceId.NotFound")
    tab.sees("#refused", "The specified InstanceId does not exist.")
    tab.page.fill("#search", "refusal i-none")
    tab.sees("#found", "1 of the")


def test_a_command_is_shown_at_three_levels(opened: Any, cloud: Hosted) -> None:
    one = run(cloud, 1)[0]
    content = {"CommandContent": "ZXhpdCAz", "Type": "RunShellScript", "Name": "fails", "RegionId": "cn-hangzhou"}
    command = cloud.call("CreateCommand", content)["CommandId"]
    cloud.call("InvokeCommand", {"RegionId": "cn-hangzhou", "CommandId": command, "InstanceId": [one]})
    cloud.control("advance", {"milliseconds": 60_000})
    tab = opened().live()
    assert tab.text("#invocations .tag") == "Finished"
    assert tab.page.locator("#invocations td").all_inner_texts() == [one, "Finished", "Finished", "3"]


def test_a_fault_is_planned_by_its_form_and_cancelled(opened: Any, cloud: Hosted) -> None:
    tab = opened().live()
    tab.page.click("#break [data-fault=SupplyShortage] ~ details summary")
    form = tab.page.locator("#break li", has=tab.page.locator("[data-fault=SupplyShortage]")).locator("form")
    form.get_by_label("limit").fill("2")
    form.get_by_label("zone").fill("cn-hangzhou-a")
    form.get_by_label("after").fill("soon")
    form.get_by_role("button").click()
    tab.sees("#says", "SupplyShortage: soon: expected a length of time, such as 90s, 2h or 1d12h")
    form.get_by_label("after").fill("5m")
    form.get_by_label("lasts").fill("1h")
    form.get_by_role("button").click()
    tab.sees("#says", "SupplyShortage(zone='cn-hangzhou-a', limit=2) is planned (number 1)")
    tab.sees("#faults", "comes in 5 min")
    tab.page.click("[data-undo='1']")
    tab.sees("#faults", "Nothing is broken.")
    form.get_by_label("limit").fill("many")
    form.get_by_role("button").click()
    tab.sees("#says", "many: expected a number")
    form.get_by_label("limit").fill("-1")
    form.get_by_label("after").fill("")
    form.get_by_role("button").click()
    tab.sees("#says", "limit=-1")
    assert [each["state"] for each in cloud.control("faults", {})["faults"]] == ["undone"]


def test_every_fault_of_the_region_has_a_button(opened: Any, cloud: Hosted) -> None:
    from faultzone.faults import CATALOGUE

    tab = opened().live()
    shown = tab.page.eval_on_selector_all("#break [data-fault]", "all => all.map((each) => each.dataset.fault)")
    assert shown == [each.__name__ for each in CATALOGUE if each.capability in cloud.capabilities]


def test_forms_offer_the_targets_that_there_are(opened: Any, cloud: Hosted) -> None:
    ids = run(cloud, 2)
    tab = opened().live()
    there = cloud.control("hosts", {})["hosts"]
    known = {
        ("HostCrash", "host"): {each["host"] for each in there},
        ("RackOutage", "rack"): {each["rack"] for each in there},
        ("SwitchOutage", "switch"): {each["switch"] for each in there},
        ("ZoneOutage", "zone"): {each["zone"] for each in there},
        ("GuestCrash", "instance"): set(ids),
        ("StaleReads", "about"): set(ids),
        ("SupplyShortage", "family"): {"ecs.g5"},
    }
    for (fault, field), targets in known.items():
        offered = tab.page.evaluate(
            """([fault, field]) => {
                const item = document.querySelector(`#break [data-fault=${fault}]`).closest("li");
                const labels = [...item.querySelectorAll("label")];
                const label = labels.find((each) => each.firstChild.textContent.split(" ")[0] === field);
                const list = document.getElementById(label.querySelector("input").getAttribute("list"));
                return [...list.children].map((option) => option.value);
            }""",
            [fault, field],
        )
        assert targets <= set(offered), (fault, field)
        others = set(offered) - targets
        assert all("(" in each for each in others), "what is no ID is a description"
        assert bool(others) is (field != "family")


def test_what_goes_with_a_host_is_broken_from_it(opened: Any, cloud: Hosted) -> None:
    tab = opened().live()
    tab.page.click(f"[data-kind=host][data-id={HOST}]")
    tab.sees("#described", "cn-hangzhou-a-r01")
    assert tab.text("#break [data-fault=RackOutage]") == "RackOutage cn-hangzhou-a-r01"
    assert tab.page.locator("#break [data-fault=ZoneOutage]").count() == 0
    tab.page.click("#break [data-fault=RackOutage]")
    tab.sees("#says", "RackOutage(rack='cn-hangzhou-a-r01') is in force")


def test_windows_for_maintenance_are_shown(opened: Any) -> None:
    cloud = Hosted(regions=["cn-hangzhou"], zones=1, hosts_per_zone=2, edition="2026-10")
    one = run(cloud, 1)[0]
    group = cloud.control("add-resource-group", {"name": "web"})["resource_group"]
    for window in windows(group):
        given = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in window.items()}
        cloud.call("CreatePlanMaintenanceWindow", {"RegionId": "cn-hangzhou", **given})
    prefers = {"MaintenanceWindow.1.StartTime": "02:00:00", "MaintenanceWindow.1.EndTime": "05:00:00"}
    given = {"RegionId": "cn-hangzhou", "InstanceId": [one], "ActionOnMaintenance": "Stop", **prefers}
    cloud.call("ModifyInstanceMaintenanceAttributes", given)
    with endpoint(cloud, token=TOKEN) as served:
        tab = opened(url=served.url).live()
        tab.sees("#windows", "Daily: 22:00 to 04:00")
        tab.sees("#windows", "for the tags team=blue, Reboot, at least 12 h between two plans of an instance")
        tab.sees("#windows", f"for the resource group {group}")
        tab.page.click(f"[data-kind=instance][data-id={one}]")
        tab.sees("#described", "02:00:00 to 05:00:00")
        tab.sees("#described", "Stop")
        tab.page.screenshot(path=SCREENSHOTS / "console-windows.png")
    cloud.close()


def test_a_schedule_is_played(opened: Any, cloud: Hosted) -> None:
    tab = opened().live()
    tab.page.click("#breaking > details > summary")
    tab.page.fill("#schedule", "{")
    tab.page.click("#play")
    tab.sees("#says", "The schedule is not JSON")
    tab.page.fill("#schedule", '{"version": 2, "steps": []}')
    tab.page.click("#play")
    tab.sees("#says", "version=2: expected 1")
    tab.page.click("#example")
    tab.page.click("#play")
    tab.sees("#says", "The schedule began: 2 faults are planned.")
    tab.page.click("#minute")
    tab.sees("#faults", "ends in 19 min")
    assert cloud.control("hosts", {})["hosts"][0]["faults"] == [1]


def test_an_irreversible_crash_is_replaced(opened: Any, cloud: Hosted) -> None:
    cloud.control("inject", {"fault": {"fault": "HostCrash", "host": HOST, "reversible": False}})
    tab = opened().live()
    tab.page.click("#undo-all")
    tab.sees("#says", "0 undone. HostCrash(host='cn-hangzhou-a-h01', reversible=false): cannot be undone")
    tab.page.click("text=Replace the host")
    tab.sees("#faults", "Nothing is broken.")
    tab.page.locator(f"[data-host={HOST}].up").wait_for()


def test_the_token_is_asked_for_once_and_a_wrong_one_again(opened: Any, cloud: Hosted) -> None:
    tab = opened("")
    tab.page.wait_for_selector("#ask:not([hidden])")
    assert not tab.page.is_visible("main")
    tab.page.fill("#token", "a guess")
    tab.page.keyboard.press("Enter")
    tab.sees("#ask-why", "The control routes are closed to this request")
    tab.page.fill("#token", TOKEN)
    tab.page.keyboard.press("Enter")
    tab.live()
    assert not tab.page.is_visible("#ask")
    other = opened("").live()
    assert not other.page.is_visible("#ask")
    assert tab.page.context.cookies() == []


def test_two_tabs_show_the_same(opened: Any, cloud: Hosted) -> None:
    one, other = opened().live(), opened("").live()
    one.page.click(f"[data-kind=host][data-id={HOST}]")
    one.page.click("#break [data-fault=HostHang]")
    for tab in (one, other):
        tab.sees("#faults", f"HostHang(host='{HOST}')")
    other.page.click("[data-undo='1']")
    for tab in (one, other):
        tab.sees("#faults", "Nothing is broken.")


def test_a_region_goes_away_and_another_comes_back(opened: Any, cloud: Hosted) -> None:
    with endpoint(cloud, token=TOKEN) as first:
        tab = opened(url=first.url).live()
        port = first.port
    tab.page.wait_for_selector("#state.lost")
    tab.sees("#state", "connection lost")
    tab.page.click(f"[data-kind=host][data-id={HOST}]")
    tab.page.click("#break [data-fault=HostCrash]")
    tab.sees("#says", "nothing answers: the region may have ended")
    fresh = Hosted(regions=["cn-hangzhou"], zones=1, hosts_per_zone=1)
    with endpoint(fresh, port=port, token=TOKEN):
        tab.page.wait_for_selector("#state.live")
        assert tab.page.locator("[data-kind=host]").count() == 1
    fresh.close()
    with endpoint(cloud, port=port, token="another"):
        tab.sees("#ask-why", "The control routes are closed to this request")


def test_what_happened_while_a_tab_was_away_is_told(opened: Any, cloud: Hosted) -> None:
    with endpoint(cloud, token=TOKEN) as first:
        tab = opened(url=first.url).live()
        port = first.port
    tab.page.wait_for_selector("#state.lost")
    cloud.control("inject", {"fault": {"fault": "HostHang", "host": HOST}})
    with endpoint(cloud, port=port, token=TOKEN):
        tab.sees("#faults", "HostHang")
        tab.sees("#journal", "HostHang")
        assert tab.page.locator("#journal tr.fault").count() == 1


def test_another_region_is_shown(opened: Any, cloud: Hosted) -> None:
    tab = opened().live()
    tab.page.select_option("#region", "cn-beijing")
    tab.page.wait_for_selector("[data-kind=host][data-id=cn-beijing-a-h01]")
    tab.page.click("[data-kind=host][data-id=cn-beijing-a-h01]")
    tab.page.click("#break [data-fault=HostHang]")
    tab.sees("#says", "is in force")
    assert cloud.control("hosts", {"region": "cn-beijing"})["hosts"][0]["faults"] == [1]


def test_markup_is_shown_and_never_run(opened: Any, cloud: Hosted) -> None:
    name = "<img src=x onerror=alert(1)>"
    one = run(cloud, 1)[0]
    content = {"CommandContent": "ZXhpdCAz", "Type": "RunShellScript", "Name": name, "RegionId": "cn-hangzhou"}
    command = cloud.call("CreateCommand", content)["CommandId"]
    cloud.call("InvokeCommand", {"RegionId": "cn-hangzhou", "CommandId": command, "InstanceId": [one]})
    with suppress(ApiError):
        cloud.call("StopInstance", {"InstanceId": HOSTILE.replace("\x00", "")})
    with suppress(ApiError):
        cloud.call(name, {})
    tab = opened().live()
    tab.sees("#invocations", name)
    tab.sees("#refused", "StopInstance(InstanceId='<img src=x onerror=")
    tab.sees("#refused", f"{name}() refused")
    tab.sees("#journal", "onerror")
    assert tab.page.locator("img").count() == 0
    assert tab.page.locator("script").count() == 1
    tab.page.fill("#search", name)


def test_another_site_can_do_nothing(opened: Any, cloud: Hosted, context: Any, served: Endpoint) -> None:
    opened().live()
    with endpoint(cloud, token=TOKEN) as other:
        page = context.new_page()
        page.goto(other.url)
        tried = page.evaluate(
            """async ([url, token]) => {
                const headers = { "x-faultzone-token": token };
                const body = JSON.stringify({ fault: { fault: "HostHang", host: "cn-hangzhou-a-h01" } });
                const outcome = (asked) => asked.then((answer) => answer.status, (error) => error.name);
                return [
                    await outcome(fetch(url + "/_faultzone/control/inject", { method: "POST", headers, body })),
                    await outcome(fetch(url + "/_faultzone/control/inject", { method: "POST", mode: "no-cors", body })),
                ];
            }""",
            [served.url, TOKEN],
        )
        assert tried == ["TypeError", "TypeError"]
        page.close()
    assert cloud.control("faults", {})["faults"] == []


def test_it_says_without_script_what_it_needs(browser: Any, served: Endpoint) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(served.url)
    assert "This page needs JavaScript." in page.inner_text("body")
    page.close()


@pytest.mark.parametrize(("name", "options"), [("dark", {"color_scheme": "dark"}), ("phone", {})])
def test_it_is_dark_and_it_is_read_on_a_phone(
    browser: Any, cloud: Hosted, served: Endpoint, name: str, options: dict[str, Any]
) -> None:
    one = run(cloud, 9)[0]
    cloud.control("inject", {"fault": {"fault": "HostCrash", "host": HOST}})
    cloud.control("inject", {"fault": {"fault": "Maintenance", "instance": one}})
    width = 390 if name == "phone" else 1500
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    tab = Console(context, f"{served.url}/#token={TOKEN}").live()
    tab.sees("#events", "Scheduled")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    if name == "dark":
        assert tab.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    tab.page.screenshot(path=SCREENSHOTS / f"console-{name}.png", full_page=True)
    context.close()


def test_a_thousand_instances_are_shown_as_squares(opened: Any, cloud: Hosted, served: Endpoint) -> None:
    cloud.control("reset", {"hosts_per_zone": 60})
    for _ in range(10):
        run(cloud, 100)
    tab = opened().live()
    tab.page.locator("[data-kind=instance]").nth(999).wait_for()
    assert tab.page.locator("#map.dense .chip.running").count() == 1000
    tab.page.screenshot(path=SCREENSHOTS / "console-thousand.png")
