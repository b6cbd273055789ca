// The lists beside the map: faults, events, commands, deployment sets, money, refusals and the journal.

import { faultName, inWords, said, stamp } from "../timeline/source/words.js";
import { fill, find, make, replace } from "./page.js";

const LINES_MOST = 200;
// The answer that needs a time.
const MOVE = "ModifySystemEventAttribute";

const item = (...children) => make("li", {}, ...children);
const faint = (text) => make("span", { className: "faint" }, text);
const tag = (text, tone) => make("span", { className: `tag ${tone}` }, text);
const button = (text, click, properties = {}) =>
  make("button", { type: "button", ...properties, on: { click } }, text);

const nothing = (text) => [make("li", { className: "faint" }, text)];

function list(id, rows, draw, empty) {
  find(`${id}-count`).textContent = rows.length ? String(rows.length) : "";
  fill(find(id), rows, () => (rows.length ? rows.map(draw) : nothing(empty)));
}

export class Panels {
  /** does: what the buttons do, `undo(number)`, `replace(host)`, `advanceTo(due)`, `answer(event, by, text)`. */
  constructor(does) {
    this.does = does;
    /** The forms of events that can be moved, by their ids: what is written there stays while the list is drawn anew. */
    this.moves = new Map();
    this.rows = new WeakMap();
  }

  show(region) {
    this.region = region;
    this.faults();
    this.events();
    this.invocations();
    this.sets();
    this.windows();
    this.money();
    this.refused();
    this.journal();
    this.tick();
  }

  faults() {
    const { faults } = this.region;
    const inForce = faults.filter(({ state }) => ["active", "planned", "failed"].includes(state)).length;
    find("undo-all").disabled = !inForce;
    find("undo-all").textContent = inForce ? `Undo all (${inForce})` : "Undo all";
    list("faults", faults, (record) => this.fault(record), "Nothing is broken.");
  }

  fault({ number, fault, state, due, error, lasts, since, why_no_undo: never }) {
    const open = state === "active" || state === "planned" || state === "failed";
    const irreversible = never && fault.host && state === "active";
    return item(
      tag(state, state === "active" || state === "failed" ? "bad" : "pending"),
      ` ${faultName(fault)} `,
      due !== null && state === "planned" ? this.countdown(due, "comes in ") : null,
      lasts !== null && since !== null && state === "active" ? this.countdown(since + lasts, "ends in ") : null,
      error ? make("p", { className: "bad" }, error) : null,
      irreversible ? faint(`${never} `) : null,
      irreversible ? button("Replace the host", () => this.does.replace(fault.host)) : null,
      open && !(never && state === "active")
        ? button(state === "planned" ? "Cancel" : "Undo", () => this.does.undo(number), { data: { undo: number } }) : null,
    );
  }

  /** How long it is until an instant; the text follows the clock. */
  countdown(due, before) {
    return make("span", { className: "countdown", title: stamp(due), data: { due, before } });
  }

  events() {
    const { region } = this;
    const may = region.capabilities.includes("change-account");
    const written = document.activeElement?.closest("#events input");
    for (const id of this.moves.keys()) if (!region.events.has(id)) this.moves.delete(id);
    const rows = [...region.events].sort(([, one], [, other]) =>
      region.isPending(other) - region.isPending(one) || (one.due ?? 0) - (other.due ?? 0));
    list("events", rows, ([id, event]) => {
      const pending = region.isPending(event);
      const waits = event.state === "Scheduled" && event.due !== null;
      return item(
        tag(event.state, pending ? "event" : "stopped"), ` ${event.type} `, event.simulated ? faint("simulated ") : null,
        make("p", {}, faint(`${id} of ${event.instance}`)),
        waits ? make("p", {}, this.countdown(event.due, "due in "), " ",
          button("Advance to it", () => this.does.advanceTo(event.due), { data: { advance: id } })) : null,
        pending && event.answers.length ? make("div", { className: "answers" }, faint("Answer it by"),
          ...event.answers.map((by) => (may ? this.answer(id, by) : faint(by)))) : null,
      );
    }, "No event is pending.");
    if (written?.isConnected) written.focus();
  }

  /** What carries an answer out in place of the user: a button, or a form that asks for the new time. */
  answer(id, by) {
    if (by !== MOVE) return button(by, () => this.does.answer(id, by), { data: { answer: id, by } });
    if (!this.moves.has(id)) {
      const input = make("input", { type: "text", placeholder: "10m", size: 6, "aria-label": "how long from now" });
      this.moves.set(id, make("form", { className: "move", data: { move: id },
        on: { submit: (event) => { event.preventDefault(); this.does.answer(id, by, input.value); } } },
      make("button", { type: "submit" }, by), faint("in"), input));
    }
    return this.moves.get(id);
  }

  invocations() {
    list("invocations", this.region.invocations, (each) => item(
      tag(each.state, each.state === "Running" ? "running" : each.state === "Finished" ? "stopped" : "bad"),
      ` ${each.command} `, faint(`${each.invocation} · ${each.mode}`),
      make("table", {},
        make("thead", {}, make("tr", {}, ...["instance", "on it", "last run", "exit code"].map((text) => make("th", { scope: "col" }, text)))),
        make("tbody", {}, ...each.targets.map((target) => make("tr", {},
          ...[target.instance, target.state, target.record ?? "none", target.exit_code ?? ""].map((text) =>
            make("td", {}, String(text))))))),
      each.count > each.targets.length ? faint(`and ${each.count - each.targets.length} more`) : null,
    ), "No command was invoked.");
  }

  sets() {
    const { region } = this;
    const rows = region.sets.map((set) => [set, region.members(set.set)]);
    list("sets", rows, ([set, members]) => {
      const hosts = new Set(members.map(([, { host }]) => host).filter(Boolean));
      const placed = members.filter(([, { host }]) => host).length;
      return item(
        `${set.name || set.set} `, faint(`${set.set} · ${set.strategy} by ${set.apart_by}`),
        make("p", {}, `${members.length} members, ${placed} of them on ${hosts.size} hosts`),
      );
    }, "There is no deployment set.");
  }

  windows() {
    list("windows", this.region.windows, (each) => item(
      tag(each.enabled ? "enabled" : "disabled", each.enabled ? "running" : "stopped"), ` ${each.name || each.window} `,
      faint(`${each.window} of ${each.account}`),
      make("p", {}, `${each.period.PeriodUnit}: ${ranges(each.period)}`),
      make("p", { className: "faint" }, [`for ${aim(each.target)}`, each.action,
        each.interval && `at least ${each.interval} h between two plans of an instance`].filter(Boolean).join(", ")),
    ), "No window is planned.");
  }

  money() {
    const { money } = this.region;
    fill(find("money"), money, () => money.map((each) => item(
      make("strong", {}, `¥${each.balance} `), faint(`balance of ${each.account}, charged ¥${each.charged} so far`),
      each.in_arrears ? tag("in arrears", "bad") : null,
      each.to_pay ? faint(` ${each.to_pay} orders to pay`) : null,
    )));
  }

  refused() {
    const rows = this.region.refusals.slice(-50).reverse();
    list("refused", rows, (entry) => item(
      make("span", { className: "when" }, stamp(entry.at).slice(11, 19)), ` ${said(told(entry))}`,
      make("p", { className: "faint" }, entry.why || "The code has no documented message."),
    ), "No call was refused.");
  }

  journal() {
    const wanted = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const { entries } = this.region;
    const reads = find("reads").checked;
    const rows = [];
    for (let at = entries.length - 1; at >= 0 && rows.length < LINES_MOST; at -= 1) {
      const entry = entries[at];
      if (entry.kind === "read" && !reads) continue;
      const row = this.row(entry);
      if (wanted.every((word) => row.text.includes(word))) rows.push(row);
    }
    replace(find("journal"), rows.map((row) => (row.line ??= row.draw())));
    find("found").textContent = `${rows.length} of the ${this.region.length} entries`;
  }

  /** An entry as a line: the text that is searched, and what draws it. It is kept as long as the entry. */
  row(entry) {
    if (!this.rows.has(entry)) {
      const text = said(told(entry));
      const when = stamp(entry.at).slice(11, 19);
      const cells = [["faint", String(entry.n)], ["", when], ["faint", entry.kind], ["said", text]];
      this.rows.set(entry, {
        text: cells.map(([, each]) => each).join(" ").toLowerCase(),
        draw: () => make("tr", { className: entry.kind }, ...cells.map(([className, each]) =>
          make("td", { className, title: className === "said" ? each : "" }, each))),
      });
    }
    return this.rows.get(entry);
  }

  /** Let the countdowns follow the clock. */
  tick() {
    const now = this.region.now(performance.now());
    for (const each of document.querySelectorAll("[data-due]")) {
      const left = Number(each.dataset.due) - now;
      const text = left > 0 ? each.dataset.before + rounded(left) : "due now";
      if (each.textContent !== text) each.textContent = text;
    }
  }
}

const ranges = ({ RangeList: all = [] }) => all.map((each) => `${each.StartTime} to ${each.EndTime}`).join("; ");

/** What a window is for. */
function aim({ Scope: scope, ResourceGroupId: group, Tags: tags = [] }) {
  return scope === "ResourceGroup" ? `the resource group ${group}`
    : `the tags ${tags.map(({ Key: key, Value: value }) => (value ? `${key}=${value}` : key)).join(", ")}`;
}

/** A length of time to the second. */
export function rounded(ms) {
  return inWords(Math.max(0, Math.ceil(ms / 1000) * 1000));
}

/** An entry of the stream as the words of the timeline take it. */
function told({ n, at, kind, ...data }) {
  const { why, ...rest } = data;
  return { n, at, kind, data: kind === "refusal" ? rest : data };
}
