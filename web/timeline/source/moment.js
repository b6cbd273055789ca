// The region as it stood at a moment, in words.

import { standing, zoneOf } from "./model.js";
import { inWords, stamp } from "./words.js";

const MOST = 200;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function section(title, lines) {
  if (!lines.length) return [];
  const list = element("ul");
  for (const line of lines.slice(0, MOST)) {
    const item = element("li");
    item.append(...[line].flat());
    list.append(item);
  }
  if (lines.length > MOST) list.append(element("li", `and ${lines.length - MOST} more`, "faint"));
  return [element("h3", title), list];
}

/** Write into `box` how the region stood before or after an entry, under the `name` of the run if it has one. */
export function write(box, told, index, { after, name }) {
  const { entries } = told;
  const entry = entries[index];
  const state = standing(told, index, after);
  const head = element("p", undefined, "faint");
  head.textContent = `${after ? "after" : "before"} entry ${entry.n}, ${stamp(entry.at)}, `
    + `+${inWords(entry.at - entries[0].at)}`;
  const since = (span) => inWords(entry.at - entries[span.from].at);
  const lost = new Set(state.lost.map((span) => span.host));
  const byHost = new Map();
  for (const host of lost) byHost.set(host, []);
  for (const span of state.instances) {
    if (!byHost.has(span.host)) byHost.set(span.host, []);
    byHost.get(span.host).push(span);
  }
  const hosts = [...byHost.keys()].sort((one, other) => (String(one) < String(other) ? -1 : 1));
  const parts = name ? [element("h3", name, "run-name"), head] : [head];
  parts.push(...section("Broken", state.faults.map((span) => `${span.label}, for ${since(span)}`)));
  parts.push(...section("Events", state.events.map((span) => {
    const due = span.due === null ? "" : `, due ${stamp(span.due)}`;
    return `${span.label}: ${span.state}${due}`;
  })));
  parts.push(...section("Commands that run", state.runs.map((span) => `${span.label}, for ${since(span)}`)));
  parts.push(...section("Money", [...state.balances].map(([account, bill]) => {
    return `${account ? `${account}: ` : ""}balance ${bill.balance}`;
  })));
  let zone;
  let lines = [];
  const flush = () => parts.push(...section(zone, lines));
  for (const host of hosts) {
    if (zoneOf(host) !== zone) {
      if (zone !== undefined) flush();
      zone = zoneOf(host);
      lines = [];
    }
    const line = [element("span", `${host ?? "without a host"}${lost.has(host) ? " (lost)" : ""}`,
      lost.has(host) ? "bad" : "")];
    for (const span of byHost.get(host).slice(0, MOST)) {
      const chip = element("span", `${span.id} ${span.state}`, `chip ${span.state.toLowerCase().replace(/\W/g, "")}`);
      line.push(" ", chip);
    }
    lines.push(line);
  }
  if (zone !== undefined) flush();
  if (parts.at(-1) === head) parts.push(element("p", "Nothing is there.", "faint"));
  box.replaceChildren(...parts);
}
