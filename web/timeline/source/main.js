// The page: reads the journals that are in it, or that are dropped on it, and joins the pictures, the list and the
// moments.

import { compare, indexBefore } from "./compare.js";
import { Lines, Pairs } from "./lines.js";
import { List } from "./list.js";
import { fold, parse } from "./model.js";
import { write } from "./moment.js";
import { ORDER, Picture, TIME } from "./picture.js";
import { inWords, lacks, said } from "./words.js";

const find = (id) => document.getElementById(id);
/** One run, or two beside each other: `{name, told}`. */
let runs = [];
/** What `compare` says of two runs. */
let both = null;
let lines = null;
let chosen = 0;

/** What is told of a last line, as the commands tell it. */
const CUT = "is cut short and left out: the run may have gone on";
const PARTS = ["", "-other"];
const pictures = PARTS.map((part, side) => new Picture(find(`frame${part}`), find(`picture${part}`), {
  onChoose: (index) => choose(both ? both.places[side][index] : index),
  onZoom: (transform) => both && pictures[1 - side].follow(transform),
  onPoint(hit, event) {
    const tip = find("tip");
    tip.hidden = !hit?.text;
    if (tip.hidden) return;
    tip.textContent = hit.text;
    const { right } = document.body.getBoundingClientRect();
    tip.style.left = `${Math.min(event.pageX + 12, right - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.pageY + 14}px`;
  },
}));
const list = new List(find("list"), {
  onChoose: (place) => choose(place),
  onFound(count, all) {
    const what = both ? "places" : "entries";
    find("found").textContent = count === all ? `${all} ${what}` : `${count} of ${all} ${what}`;
  },
});

/** Decode a journal that the page carries: gzip in Base64; nothing where it carries none. */
async function carried(id) {
  const text = find(id).textContent.trim();
  if (!text) return "";
  const decoded = atob(text);
  const bytes = new Uint8Array(decoded.length);
  for (let at = 0; at < decoded.length; at += 1) bytes[at] = decoded.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** A run. What the page carries has whole lines alone: `cutBefore` is the line that was left out when it was made. */
function read(text, name, marks = [], cutBefore = 0) {
  const { entries, cut } = parse(text);
  return { name, told: fold(entries, marks), cut: cut || cutBefore };
}

function about({ told: { entries, origin } }) {
  return [
    [origin.regions].flat().filter(Boolean).join(", "),
    origin.edition && `edition ${origin.edition}`,
    origin.backend,
    origin.seed !== undefined && `seed ${origin.seed}`,
    `${entries.length} entries`,
    inWords(entries[entries.length - 1].at - entries[0].at),
  ].filter(Boolean).join(" · ");
}

/** What is wrong with a journal, in sentences. */
function defects({ name, told: { entries }, cut }) {
  const of = runs.length > 1 ? ` of ${name}` : "";
  const found = cut ? [`The last line${of}, ${cut}, ${CUT}.`] : [];
  const count = entries.filter(lacks).length;
  if (count) {
    found.push(`${count} of ${entries.length} entries${of} lack fields: another version of faultzone wrote them. `
      + "A ? stands for what they lack.");
  }
  return found;
}

// What is beside each other is scrolled together.
pictures.forEach(({ frame }, side) => frame.addEventListener("scroll", () => {
  if (both) pictures[1 - side].frame.scrollTop = frame.scrollTop;
}));

/** Show one run, or two. */
function show(shown) {
  runs = shown;
  const [one, other] = runs;
  both = other ? compare(one.told, other.told) : null;
  lines = other ? new Pairs(runs, both) : new Lines(one.told);
  const title = runs.map(({ name }) => name).join(" | ");
  document.title = `${title} · faultzone`;
  find("title").textContent = title;
  find("about").textContent = runs.map(about).join(" | ");
  say(runs.flatMap(defects).join(" "));
  find("scrubber").max = String(lines.length - 1);
  kinds();
  document.body.classList.add("shown");
  document.body.classList.toggle("two", Boolean(other));
  for (const each of document.querySelectorAll(".of-two")) each.hidden = !other;
  if (!other) find("differing").checked = false;
  tellDifference();
  runs.forEach(({ name, told }, side) => pictures[side].show(told, both && {
    name, places: both.places[side], count: lines.length, difference: both.first,
    lasts: Math.max(...runs.map(({ told: { entries } }) => entries[entries.length - 1].at - entries[0].at)),
  }));
  list.show(lines, { differing: find("differing").checked, hidden: new Set() });
  const verdicts = runs.flatMap(({ told }, side) => told.verdicts.map(({ at }) => (both ? both.places[side][at] : at)));
  const first = both ? both.first : -1;
  choose(fromLink() ?? (first >= 0 ? first : undefined) ?? verdicts[0] ?? lines.length - 1, false);
}

/** Say in words where the two runs first differ. */
function tellDifference() {
  if (!both) return;
  const [one, other] = runs;
  const parts = [];
  if (both.first < 0) parts.push(`No difference: both runs have the same ${lines.length} entries.`);
  else {
    const there = lines.entries(both.first).map((entry, side) =>
      (entry ? `${runs[side].name} has entry ${entry.n}: ${said(entry)}` : `${runs[side].name} has nothing there`));
    parts.push(`The first difference: ${there.join("; ")}.`);
  }
  if (both.later >= 0 && (both.first < 0 || both.later < both.first)) {
    parts.push(`The times differ from entry ${one.told.entries[both.left[both.later]].n} on.`);
  }
  if (both.origins.length) {
    const made = both.origins.map(([name, was, is]) => `${name} ${JSON.stringify(was)} and ${JSON.stringify(is)}`);
    parts.push(`${one.name} and ${other.name} were made with ${made.join(", ")}.`);
  }
  find("difference").textContent = parts.join(" ");
  find("to-difference").disabled = both.first < 0;
}

function say(what) {
  find("says").textContent = what;
  find("says").hidden = !what;
}

function kinds() {
  const counts = new Map();
  for (const { told } of runs) for (const { kind } of told.entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const boxes = [...counts].sort().map(([kind, count]) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.value = kind;
    label.append(box, ` ${kind} `, Object.assign(document.createElement("small"), { textContent: count }));
    return label;
  });
  find("kinds").replaceChildren(...boxes);
}

function hiddenKinds() {
  return new Set([...find("kinds").querySelectorAll("input:not(:checked)")].map((box) => box.value));
}

/** Choose an entry, or a place where there are two runs: it is marked everywhere, and the link of the page leads to it. */
function choose(place, link = true) {
  chosen = Math.max(0, Math.min(place, lines.length - 1));
  if (link) history.replaceState(null, "", linkTo(chosen));
  list.choose(chosen);
  find("scrubber").value = String(chosen);
  find("scrubber").setAttribute("aria-valuetext", lines.parts(chosen).map(([, text]) => text).join(", "));
  runs.forEach(({ name, told }, side) => {
    const index = both ? indexBefore(both.places[side], chosen) : chosen;
    const here = !both || both.places[side][index] === chosen;
    const entry = told.entries[Math.max(0, index)];
    pictures[side].choose(Math.max(0, index));
    write(find(`moment${PARTS[side]}`), told, Math.max(0, index), {
      after: here ? find("after").checked : index >= 0, name: both ? name : "",
    });
    find(`entry${PARTS[side]}`).textContent = here
      ? JSON.stringify({ n: entry.n, at: entry.at, kind: entry.kind, ...entry.data }, null, 2)
      : `${name} has no entry here.`;
  });
}

/** The link to a place: the number of the entry there, of the second run where the first has none. */
function linkTo(place) {
  if (!both) return `#entry=${runs[0].told.entries[place].n}`;
  const [one, other] = lines.entries(place);
  return one ? `#entry=${one.n}` : `#other=${other.n}`;
}

function fromLink() {
  const [, which, number] = /^#(entry|other)=(\d+)$/.exec(location.hash) ?? [];
  const side = which === "other" ? 1 : 0;
  const index = which && runs[side]?.told.byNumber.get(Number(number));
  if (index === undefined) return undefined;
  return both ? both.places[side][index] : index;
}

/** Take files: the first in the place of what is shown, or beside it. */
async function take(files, beside) {
  const shown = beside ? runs.slice(0, 1) : [];
  for (const file of [...files].slice(0, 2 - shown.length)) {
    try {
      shown.push(read(await file.text(), file.name));
    } catch (error) {
      say(`${file.name}: ${error.message}`);
      return;
    }
  }
  if (beside || shown.length > 1) history.replaceState(null, "", "#");
  show(shown);
}

find("search").addEventListener("input", (event) => lines && list.filter({ wanted: event.target.value }));
find("kinds").addEventListener("change", () => list.filter({ hidden: hiddenKinds() }));
find("differing").addEventListener("change", (event) => list.filter({ differing: event.target.checked }));
find("to-difference").addEventListener("click", () => choose(both.first));
find("one-run").addEventListener("click", () => show(runs.slice(0, 1)));
find("scrubber").addEventListener("input", (event) => lines && choose(Number(event.target.value)));
for (const id of ["before", "after"]) find(id).addEventListener("change", () => lines && choose(chosen, false));
find("axis").addEventListener("click", () => {
  const axis = pictures[0].axis === ORDER ? TIME : ORDER;
  find("axis").setAttribute("aria-pressed", String(axis === TIME));
  for (const picture of pictures) picture.setAxis(axis);
});
find("closer").addEventListener("click", () => pictures[0].zoomBy(2));
find("farther").addEventListener("click", () => pictures[0].zoomBy(0.5));
find("whole").addEventListener("click", () => pictures[0].zoomOut());
const redraw = () => pictures.forEach((picture) => picture.redraw());
find("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark")
    && (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : ""))
      === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  redraw();
});
for (const [id, beside] of [["open", false], ["compare", true]]) {
  find(id).addEventListener("change", async (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    if (files.length) await take(files, beside && runs.length > 0);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("hashchange", () => {
  const place = lines && fromLink();
  if (place !== undefined && place !== null && place !== chosen) choose(place, false);
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const { files } = event.dataTransfer;
  // One more run stands beside what is shown; two are shown beside each other.
  if (files.length) take(files, files.length === 1 && runs.length > 0);
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !lines) return;
  const does = {
    "/": () => find("search").focus(), "+": () => pictures[0].zoomBy(2), "-": () => pictures[0].zoomBy(0.5),
    0: () => pictures[0].zoomOut(), j: () => choose(chosen + 1), k: () => choose(chosen - 1),
    t: () => find("axis").click(), d: () => both && find("to-difference").click(),
  }[event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

Promise.all(["journal", "journal-other"].map(carried)).then(([text, beside]) => {
  const { title, marks, cut, other } = JSON.parse(find("about-run").textContent);
  if (!text) say("Drop a journal here, or open one.");
  else show([read(text, title, marks, cut), ...(beside ? [read(beside, other.title, other.marks, other.cut)] : [])]);
}).catch((error) => say(`The journal in this page cannot be read: ${error.message}`));
