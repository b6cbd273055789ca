// What the list shows: the entries of one run, or those of two beside each other.

import { inWords, said } from "./words.js";

function marks(told) {
  const found = new Map();
  for (const mark of told.verdicts) found.set(mark.at, mark.label);
  return found;
}

const since = (told, index) => `+${inWords(told.entries[index].at - told.entries[0].at)}`;

/** The entries of one run. */
export class Lines {
  constructor(told) {
    this.told = told;
    this.length = told.entries.length;
    this.differing = false;
    this.texts = new Array(this.length);
    this.marks = marks(told);
  }

  kinds(place) {
    return [this.told.entries[place].kind];
  }

  differs() {
    return false;
  }

  /** What is said at a place, for a reader and for a search. */
  text(place) {
    return (this.texts[place] ??= said(this.told.entries[place]));
  }

  /** The parts of a line: their names and texts. */
  parts(place) {
    const entry = this.told.entries[place];
    const mark = this.marks.get(place);
    return [
      ["number", String(entry.n)], ["when", since(this.told, place)], ["kind", entry.kind],
      ["said", (mark ? `✗ ${mark} · ` : "") + this.text(place)],
    ];
  }

  searched(place) {
    const { n, kind } = this.told.entries[place];
    return `${n} ${kind} ${this.text(place)}`;
  }
}

/** The entries of two runs, place by place. */
export class Pairs {
  /** runs: two of `{name, told}`; both: what `compare` says of them. */
  constructor(runs, both) {
    this.runs = runs;
    this.both = both;
    this.length = both.left.length;
    this.sides = [both.left, both.right];
    this.texts = new Array(this.length);
    this.marks = runs.map(({ told }) => marks(told));
  }

  /** What stands at a place: for each run its entry, or undefined. */
  entries(place) {
    return this.runs.map(({ told }, side) => told.entries[this.sides[side][place]]);
  }

  kinds(place) {
    return this.entries(place).filter(Boolean).map(({ kind }) => kind);
  }

  differs(place) {
    return !this.both.same[place];
  }

  text(place) {
    return (this.texts[place] ??= this.say(place).join(" "));
  }

  say(place) {
    const [one, other] = this.entries(place);
    if (!this.differs(place)) return [this.marked(place) + said(one)];
    const names = this.runs.map(({ name }) => name);
    if (one && other) return [`≠ ${names[0]}: ${said(one)}`, `${names[1]}: ${said(other)}`];
    return [`≠ only in ${one ? names[0] : names[1]}: ${said(one ?? other)}`];
  }

  marked(place) {
    const found = this.marks.map((each, side) => each.get(this.sides[side][place])).filter(Boolean);
    return found.length ? `✗ ${[...new Set(found)].join("; ")} · ` : "";
  }

  parts(place) {
    const found = this.entries(place);
    const each = (tell, none = []) =>
      [...new Set(found.flatMap((entry, side) => (entry ? tell(entry, side) : none)))].join(" | ");
    return [
      ["number", each(({ n }) => String(n), "–")],
      ["when", each((entry, side) => since(this.runs[side].told, this.sides[side][place]))],
      ["kind", each(({ kind }) => kind)],
      ...this.say(place).map((text) => ["said", text]),
    ];
  }

  searched(place) {
    return `${this.entries(place).filter(Boolean).map(({ n, kind }) => `${n} ${kind}`).join(" ")} ${this.text(place)}`;
  }
}
