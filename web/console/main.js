// The page: joins the stream, the map, the lists and what its buttons ask for.

import { faultName, stamp } from "../timeline/source/words.js";
import { about, faultForm, faultsOf, nameOf } from "./forms.js";
import { Link, Refused } from "./link.js";
import { RegionMap } from "./map.js";
import { fill, find, make, milliseconds } from "./page.js";
import { Panels, rounded } from "./panels.js";
import { Region } from "./region.js";

const HOUR = 3600000;
const region = new Region();
let schema = null;
/** The region whose forms and settings are shown. */
let loaded = "";
let chosen = null;
let busy = 0;

const link = new Link({
  onMessage(message) {
    const changed = region.take(message, performance.now());
    document.body.classList.add("shown");
    map.show(region, changed);
    panels.show(region);
    regions();
    tick();
    describe();
  },
  onState(state, why) {
    const closed = state === "closed";
    find("ask").hidden = !closed;
    if (closed && document.activeElement === document.body) find("token").focus();
    find("ask-why").textContent = closed ? why : "";
    find("state").className = state;
    find("state").textContent = { live: "live", lost: `connection lost: ${why}; trying again`, closed: "no token" }[state];
    if (state === "live" && (!schema || loaded !== which())) load();
  },
});
const map = new RegionMap(find("map"), choose);
const panels = new Panels({
  undo: (number) => act(() => link.ask("undo", { number }), ({ fault, state }) => `${faultName(fault)} is ${state}`),
  replace: (host) => act(() => link.ask("replace-host", { host, region: region.id }), () => `${host} has new hardware`),
  advanceTo: (due) => advance(due - region.now(performance.now())),
  answer,
});

function say(what, tone = "") {
  find("says").textContent = what;
  find("says").className = tone;
  find("says").hidden = !what;
}

/** Answer an event in place of its user; `text` says how long from now it is to come. */
function answer(event, by, text) {
  const given = { event, by };
  try {
    if (text !== undefined) given.not_before = Math.round(region.now(performance.now())) + (milliseconds(text) || 600000);
  } catch (error) {
    say(error.message, "bad");
    return;
  }
  act(() => link.ask("answer-event", given), ({ state }) => `${event} is ${state}, answered by ${by}.`);
}

/** Ask for something, and say what came of it. */
async function act(ask, done) {
  busy += 1;
  document.body.classList.add("busy");
  try {
    say(done(await ask()));
  } catch (error) {
    say(error instanceof Refused ? error.message : "nothing answers: the region may have ended", "bad");
  } finally {
    busy -= 1;
    document.body.classList.toggle("busy", busy > 0);
  }
}

const which = () => `${region.of} ${region.id}`;

async function load() {
  loaded = which();
  schema = await link.get("schema").catch(() => null);
  const settings = await link.get(`settings?region=${encodeURIComponent(region.id)}`).catch(() => ({}));
  find("settings").replaceChildren(...Object.entries(settings).map(([client, text]) => make("details", {},
    make("summary", {}, client), copying(text), make("pre", {}, text))));
  choose(null);
}

function copying(text) {
  const copied = make("button", { type: "button", on: {
    click: () => navigator.clipboard.writeText(text).then(
      () => { copied.textContent = "Copied"; }, () => { copied.textContent = "Select it and copy"; }) } }, "Copy");
  return copied;
}

function regions() {
  fill(find("region"), [region.regions, region.id], () => region.regions.map((id) => {
    const option = make("option", { value: id }, id);
    option.selected = id === region.id;
    return option;
  }));
}

/** What of the region is to be broken; nothing chosen shows every fault. */
function choose(kind, id) {
  chosen = kind && { kind, id };
  map.choose(kind, id);
  find("chosen").hidden = !chosen;
  find("unchosen").hidden = Boolean(chosen);
  find("chosen-name").textContent = id ?? "";
  find("break-title").textContent = chosen ? `Break this ${kind}` : "Break";
  describe();
  if (!schema) return;
  const all = faultsOf(schema, region.capabilities);
  const given = { ...(chosen && with_(kind, id)), region: region.id };
  const shown = chosen ? about(all, kind, given) : all;
  const lists = region.lists();
  find("break").replaceChildren(...shown.map((fault) => faultForm(fault, {
    chosen: kind, given, lists, onBreak: inject, onWrong: (why) => say(`${nameOf(fault)}: ${why}`, "bad"),
  })));
}

/** What is chosen, as fields of faults name it: with a host go its rack and its switch. */
function with_(kind, id) {
  const host = kind === "host" && region.hosts.find((each) => each.host === id);
  return { [kind]: id, ...(host && { rack: host.rack, switch: host.switch }) };
}

/** What is known of the chosen host, zone or instance now. */
function describe() {
  if (!chosen) return;
  const { kind, id } = chosen;
  const rows = [];
  if (kind === "instance") {
    const found = region.instances.get(id);
    if (!found) rows.push(["state", "it is gone"]);
    else {
      const { name, state, type, host, set, account, locks } = found;
      if (name !== id) rows.push(["name", name]);
      rows.push(["state", state], ["type", type], ["host", host ?? "none"], ["set", set ?? "none"],
        ["account", account]);
      if (locks.length) rows.push(["locked", locks.join(", ")]);
      if (found.windows) rows.push(["maintenance", found.windows.map((ends) => ends.join(" to ")).join(", ")]);
      if (found.action) rows.push(["on maintenance", found.action]);
    }
  } else if (kind === "host") {
    const found = region.hosts.find(({ host }) => host === id);
    if (found) rows.push(["state", found.state], ["zone", found.zone], ["rack", found.rack], ["switch", found.switch]);
    rows.push(["instances", String([...region.instances.values()].filter(({ host }) => host === id).length)]);
  }
  for (const { number, fault, state } of region.faultsOn(id)) rows.push([state, `${fault.fault} (number ${number})`]);
  fill(find("described"), [id, rows], () =>
    rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

function inject(fault, { after, lasts }) {
  const given = { fault, ...(lasts && { lasts }) };
  return after
    ? act(() => link.ask("schedule", { ...given, after }), ({ number }) => `${faultName(fault)} is planned (number ${number})`)
    : act(() => link.ask("inject", given), ({ number, also }) =>
      `${faultName(fault)} is in force (number ${number}${also.length ? ` and ${also.length} more` : ""})`);
}

function advance(length) {
  const milliseconds = Math.max(0, Math.ceil(length));
  return act(() => link.ask("advance", { milliseconds }), ({ now }) => `It is ${stamp(now)}.`);
}

/** Set a text, unless it is the same: the page would be laid out anew. */
function write(id, text) {
  if (find(id).textContent !== text) find(id).textContent = text;
}

/** What follows the clock. */
function tick() {
  if (!region.clock) return;
  const at = performance.now();
  const { scale, kind } = region.clock;
  write("clock", stamp(region.now(at)).replace("T", " ").replace("Z", " UTC"));
  write("scale", kind === "hybrid" ? `× ${scale}` : "stands still until it is advanced");
  const next = region.next(at);
  find("to-next").disabled = !next;
  write("to-next", next ? `To the next event (${rounded(next[1].due - region.now(at))})` : "To the next event");
  find("to-next").title = next ? `${next[1].type} of ${next[1].instance}` : "";
  panels.tick();
}

const EXAMPLE = () => JSON.stringify({ version: 1, steps: [
  { at: "1m", fault: { fault: "HostCrash", host: region.hosts[0]?.host ?? "" }, until: "20m" },
  { on: { call: "RunInstances" }, fault: { fault: "ApiFailure", action: "DescribeInstances", code: "Throttling" }, lasts: "1m" },
] }, null, 2);

function play() {
  let schedule;
  try {
    schedule = JSON.parse(find("schedule").value);
  } catch (error) {
    say(`The schedule is not JSON: ${error.message}`, "bad");
    return;
  }
  act(() => link.ask("play", { schedule }), ({ faults }) => `The schedule began: ${faults.length} faults are planned.`);
}

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = find("token").value.trim();
  if (!token) return;
  link.keep(token);
  find("token").value = "";
  link.open();
});
find("region").addEventListener("change", (event) => {
  link.show(event.target.value);
});
for (const [id, length] of [["hour", HOUR], ["day", 24 * HOUR], ["minute", HOUR / 60]]) {
  find(id).addEventListener("click", () => advance(length));
}
find("to-next").addEventListener("click", () => {
  const next = region.next(performance.now());
  if (next) advance(next[1].due - region.now(performance.now()));
});
find("undo-all").addEventListener("click", () => act(() => link.ask("undo-all"), ({ undone, failed }) => [
  `${undone.length} undone.`, ...failed.map(({ fault, error }) => `${faultName(fault)}: ${error}.`),
].join(" ")));
find("unchoose").addEventListener("click", () => choose(null));
find("example").addEventListener("click", () => { find("schedule").value = EXAMPLE(); });
find("play").addEventListener("click", play);
find("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) find("schedule").value = await file.text();
  event.target.value = "";
});
find("search").addEventListener("input", () => region.clock && panels.journal());
find("reads").addEventListener("change", () => region.clock && panels.journal());
find("theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const dark = dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  dataset.theme = dark === "dark" ? "light" : "dark";
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) choose(null);
});
setInterval(tick, 250);
link.open();
