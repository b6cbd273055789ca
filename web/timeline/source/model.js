// What a journal says, as tracks: who was where and in which state, from which entry to which. Pure: no page, no clock.
//
// A span lasts from the entry with the index `from` to before that with the index `to`; one that has not ended has the
// number of entries there. The region as it stood at an entry is what the spans say that hold it.

import { faultName } from "./words.js";

const ENDED = new Set(["Executed", "Avoided", "Canceled", "Failed", "Rejected"]);
const RUN_ENDED = new Set(["Finished", "Success", "Failed", "Stopped", "Timeout", "Aborted", "Cancelled", "Error",
  "Invalid", "Terminated"]);
const MOST_ENTRIES = 5_000_000;

/**
 * The entries of a stored journal, each with its line. A last line cut short by a killed process is left out.
 *
 * Throws an Error with a sentence where it is no journal.
 */
export function parse(text) {
  const entries = [];
  const summaries = new Map();
  let number = 0, start = 0, wrong = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end);
    start = end + 1;
    number += 1;
    if (!line.trim()) continue;
    if (wrong) throw new Error(`line ${wrong} is not an entry of a journal`);
    const entry = read(line);
    if (entry === null) {
      wrong = number;
      if (!entries.length) throw new Error("this is not a journal: its first line is not an entry");
      continue;
    }
    // A summary is written several times; the last counts.
    if (entry.kind === "summary" && summaries.has(entry.n)) {
      entries[summaries.get(entry.n)] = entry;
      continue;
    }
    if (entry.kind === "summary") summaries.set(entry.n, entries.length);
    if (entries.length >= MOST_ENTRIES) throw new Error(`this journal has more than ${MOST_ENTRIES} entries`);
    entries.push(entry);
  }
  if (!entries.length) throw new Error("this is not a journal: it has no entry");
  return { entries, cut: wrong };
}

function read(line) {
  let data;
  try {
    data = JSON.parse(line);
  } catch {
    return null;
  }
  if (!data || typeof data !== "object") return null;
  const { n, at, kind } = data;
  // What it says is kept as it was read: to copy it without these three would take as long as to read it.
  return Number.isInteger(n) && Number.isFinite(at) && at >= 0 && typeof kind === "string"
    ? { n, at, kind, data, line } : null;
}

class Tracks {
  /** Spans by an id, each with at most one that has not ended. */
  constructor(count) {
    this.count = count;
    this.spans = [];
    this.open = new Map();
  }

  begin(id, from, what) {
    this.end(id, from);
    const span = what;
    span.id = id;
    span.from = from;
    span.to = this.count;
    this.spans.push(span);
    this.open.set(id, span);
    return span;
  }

  end(id, to) {
    const span = this.open.get(id);
    if (span) span.to = to;
    this.open.delete(id);
    return span;
  }
}

/** What the entries of a journal say. */
export function fold(entries, marks = []) {
  const count = entries.length;
  const instances = new Tracks(count), events = new Tracks(count), runs = new Tracks(count);
  const faults = new Tracks(count), hosts = new Tracks(count);
  const calls = [], control = [], bills = [], verdicts = [];
  const scripts = new Map(), outputs = new Map();
  const origin = entries[0].kind === "region" ? entries[0].data : {};
  entries.forEach(({ n, kind, data }, index) => {
    switch (kind) {
      case "call": case "refusal":
        calls.push({ at: index, tone: kind === "refusal" ? "bad" : "call", label: data.action ?? "" });
        break;
      case "read":
        calls.push({ at: index, tone: "read", label: data.action ?? "" });
        break;
      case "transition":
        if (data.run !== undefined) run(data, index);
        else if (data.instance !== undefined) instance(data, index);
        break;
      case "event": event(data, index); break;
      case "fault":
        if (data.not_injected === undefined) fault(data, index);
        break;
      case "undo": faults.end(String(data.number ?? data.fault), index); break;
      case "effect":
        if (data.effect === "RunScript") {
          scripts.set(`${data.run} ${data.instance}`, String(data.script ?? ""));
          if (!runs.open.has(`${data.run} ${data.instance}`)) begins(data.run, data.instance, index);
        }
        break;
      case "report":
        if (data.report === "HostLost") hosts.begin(data.host, index, { host: data.host, state: "lost" });
        else if (data.report === "HostBack") hosts.end(data.host, index);
        else if (data.run !== undefined && data.output !== undefined) {
          outputs.set(`${data.run} ${data.instance}`, data);
        }
        break;
      case "bill":
        if (Number.isFinite(Number(data.balance))) bills.push({ ...data, at: index, balance: Number(data.balance) });
        break;
      case "verdict": verdicts.push({ at: index, tone: "bad", label: String(data.verdict ?? "") }); break;
      case "control": case "advance": case "notice":
        control.push({ at: index, tone: kind, label: String(data.verb ?? data.what ?? kind) });
        break;
      default:
    }
  });

  function instance(data, index) {
    const id = String(data.instance);
    const now = instances.open.get(id);
    const host = data.host ?? null;
    if (data.to === "Released") instances.end(id, index);
    else if (!now || now.state !== data.to || now.host !== host) {
      instances.begin(id, index, { state: String(data.to ?? "?"), host, set: data.deployment_set ?? null });
    }
  }

  function event(data, index) {
    const id = String(data.event);
    events.end(id, index);
    if (ENDED.has(data.to)) return;
    events.begin(id, index, {
      label: `${data.type ?? "?"} of ${data.instance ?? "?"}`, state: String(data.to ?? "?"), due: data.not_before ?? null,
    });
  }

  function begins(run, target, index) {
    const id = `${run} ${target}`;
    runs.begin(id, index, { label: `${scripts.get(id) ?? run} on ${target}`, state: "Running", target });
  }

  function run(data, index) {
    const id = `${data.run} ${data.target}`;
    if (!RUN_ENDED.has(data.to)) {
      if (!runs.open.has(id)) begins(data.run, data.target, index);
      return;
    }
    if (!runs.open.has(id)) begins(data.run, data.target, index);
    const span = runs.end(id, index);
    const told = outputs.get(id);
    span.state = String(data.to ?? "?");
    span.code = told?.exit_code;
  }

  function fault(data, index) {
    if (data.number === undefined) {
      // A call that a fault has failed: an instant.
      calls.push({ at: index, tone: "bad", label: faultName(data) });
      return;
    }
    faults.begin(String(data.number), index, { label: faultName(data), state: "fault", host: data.host ?? null });
  }

  const byNumber = new Map(entries.map((entry, index) => [entry.n, index]));
  for (const mark of marks) {
    if (byNumber.has(mark.n)) verdicts.push({ at: byNumber.get(mark.n), tone: "bad", label: mark.text });
  }
  verdicts.sort((one, other) => one.at - other.at);
  return {
    entries, origin, byNumber, calls, control, bills, verdicts,
    instances: instances.spans, events: events.spans, runs: runs.spans, faults: faults.spans, hosts: hosts.spans,
  };
}

/** The index of the first item of a sorted list whose `key` is at least `value`. */
export function first(items, value, key) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(items[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The region as it stood before or after an entry: what the spans say that hold it. */
export function standing(told, index, after = true) {
  const at = after ? index : index - 1;
  const holds = (spans) => spans.filter((span) => span.from <= at && at < span.to);
  const balances = new Map();
  for (const bill of told.bills) {
    if (bill.at > at) break;
    balances.set(bill.account ?? "", bill);
  }
  return {
    instances: holds(told.instances), events: holds(told.events), runs: holds(told.runs),
    faults: holds(told.faults), lost: holds(told.hosts), balances,
  };
}

const HOST = /^(.*)-h\d+$/;

/** The zone of a host, by its name. */
export function zoneOf(host) {
  return host === null ? "no host" : HOST.exec(host)?.[1] ?? "hosts";
}

// Among so many free rows the lowest is looked for; beyond that any will do.
const FREE_LOOKED = 64;

/** Give each span a row that is free when it begins; how many rows there are. */
export function pack(spans) {
  const ending = [...spans].sort((one, other) => one.to - other.to);
  const free = [];
  let rows = 0, ended = 0;
  for (const span of spans) {
    while (ended < ending.length && ending[ended].to <= span.from) {
      // What begins and ends at one entry may not have a row yet.
      if (ending[ended].row !== undefined) free.push(ending[ended].row);
      ended += 1;
    }
    if (!free.length) span.row = rows++;
    else if (free.length > FREE_LOOKED) span.row = free.pop();
    else span.row = free.splice(free.indexOf(Math.min(...free)), 1)[0];
  }
  return rows;
}

/** The lanes of the picture, each with a title and rows of spans or marks. */
export function lanes(told) {
  const found = [];
  const marks = (title, items) => items.length && found.push({ title, kind: "marks", items, rows: 1 });
  const spans = (title, items, tones) => {
    if (items.length) found.push({ title, kind: "spans", items, rows: pack(items), tones });
  };
  marks("verdicts", told.verdicts);
  marks("calls", told.calls);
  marks("control", told.control);
  spans("faults", told.faults, "fault");
  spans("events", told.events, "event");
  spans("commands", told.runs, "run");
  const accounts = groups(told.bills, (bill) => bill.account ?? "");
  for (const [account, items] of accounts) {
    found.push({ title: accounts.length > 1 ? `money of ${account}` : "money", kind: "line", items, rows: 2 });
  }
  const moves = [];
  const byHost = new Map(groups(told.instances, (span) => span.host));
  for (const host of new Set(told.hosts.map((span) => span.host))) if (!byHost.has(host)) byHost.set(host, []);
  const stays = rowsOfStays(told, byHost);
  const zones = groups([...byHost.keys()].sort(compare), zoneOf);
  for (const [zone, hosts] of zones) {
    found.push({ title: zone, kind: "zone", items: [], rows: 1 });
    for (const host of hosts) {
      const lost = told.hosts.filter((span) => span.host === host);
      const items = byHost.get(host);
      const rows = Math.max(1, stays.get(host) ?? 0);
      found.push({ title: host ?? "without a host", kind: "spans", items, rows, tones: "instance", lost, indent: 1 });
    }
  }
  for (const lane of found) {
    if (lane.tones === "instance") for (const span of lane.items) span.lane = lane;
  }
  const last = new Map();
  for (const span of told.instances) {
    const before = last.get(span.id);
    if (before && before.host !== span.host) {
      moves.push({ from: before, to: span, fromLane: before.lane, toLane: span.lane });
    }
    last.set(span.id, span);
  }
  return { lanes: found, moves };
}

function compare(one, other) {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  return one < other ? -1 : Number(one > other);
}

function groups(items, key) {
  const found = new Map();
  for (const item of items) {
    const name = key(item);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(item);
  }
  return [...found];
}

/** Give all spans of one stay of an instance on a host the same row; host -> how many rows it has. */
function rowsOfStays(told, byHost) {
  const stays = new Map();
  const current = new Map();
  for (const span of told.instances) {
    let stay = current.get(span.id);
    if (!stay || stay.host !== span.host || stay.to !== span.from) {
      stay = { host: span.host, from: span.from, to: span.to, spans: [] };
      current.set(span.id, stay);
      if (!stays.has(span.host)) stays.set(span.host, []);
      stays.get(span.host).push(stay);
    }
    stay.to = span.to;
    stay.spans.push(span);
  }
  const rows = new Map();
  for (const host of byHost.keys()) {
    const mine = stays.get(host) ?? [];
    rows.set(host, pack(mine));
    for (const stay of mine) for (const span of stay.spans) span.row = stay.row;
  }
  return rows;
}
