// Two runs beside each other: which entries say the same, and where the runs first differ. Pure: no page, no clock.

const OF_PLACE = new Set(["n", "at", "kind"]);
// After a difference, what is the same again is sought so far ahead: first nearby, since most differences are short.
const AHEAD = [16, 400];

/** What an entry says, whatever its number and its time are, and in whatever order its names stand. */
function key({ kind, data }) {
  return JSON.stringify([kind, ordered(data, (name) => !OF_PLACE.has(name))]);
}

function ordered(value, counts = () => true) {
  if (!value || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each) => ordered(each));
  return Object.fromEntries(Object.keys(value).filter(counts).sort().map((name) => [name, ordered(value[name])]));
}

// A number for each character of what is written: their sum is the same in whatever order names stand.
const WEIGHTS = Int32Array.from({ length: 128 }, (_, code) => Math.imul(code + 1, 0x9e3779b1) ^ Math.imul(code + 7, 0x85ebca6b));

// How the lines begin that faultzone writes. What follows is the same wherever an entry says the same.
const BEGINS = /^\{"n":\d+,"at":\d+,(?="kind":")/;
const FOREIGN = /[^\0-\x7f]/;

/** What the lines of a run say as faultzone writes them; null where another wrote one, who may write the same otherwise. */
function written({ entries }) {
  const texts = [];
  for (const { line } of entries) {
    const begins = FOREIGN.test(line) ? null : BEGINS.exec(line);
    if (!begins) return null;
    texts.push(line.slice(begins[0].length));
  }
  return texts;
}

/** The entries of a run, as far as they are compared. Most are told apart by how they were written, without a key. */
class Said {
  /** texts: what is `written`, null if that of either run is. */
  constructor(entries, texts) {
    this.entries = entries;
    this.length = entries.length;
    this.texts = texts;
    this.keys = new Array(entries.length);
    this.sums = new Int32Array(entries.length).fill(-1);
  }

  key(index) {
    return (this.keys[index] ??= key(this.entries[index]));
  }

  /** A number that entries have in common which say the same. */
  sum(index) {
    if (this.sums[index] < 0) {
      const text = this.texts ? this.texts[index] : this.key(index);
      let sum = text.length;
      for (let at = 0; at < text.length; at += 1) sum = (sum + WEIGHTS[text.charCodeAt(at) & 127]) | 0;
      this.sums[index] = sum & 0x3fffffff;
    }
    return this.sums[index];
  }

  /** Whether an entry says the same as one of another run. */
  same(index, other, beside) {
    if (this.texts && this.texts[index] === other.texts[beside]) return true;
    return this.sum(index) === other.sum(beside) && this.key(index) === other.key(beside);
  }
}

/** What two regions were made with and is not the same: `[name, one, other]`. */
function origins(one, other) {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => !OF_PLACE.has(name));
  return names.filter((name) => JSON.stringify(ordered(one[name])) !== JSON.stringify(ordered(other[name])))
    .map((name) => [name, one[name], other[name]]);
}

/** The nearest place at which two runs are the same again: how many entries of each come before it; null if none. */
function meeting(one, other, left, right) {
  let best = null;
  for (const ahead of AHEAD) {
    const seen = new Map();
    for (let at = right; at < Math.min(other.length, right + ahead); at += 1) {
      if (seen.has(other.sum(at))) seen.get(other.sum(at)).push(at);
      else seen.set(other.sum(at), [at]);
    }
    best = null;
    const most = Math.min(one.length - left, ahead);
    for (let skip = 0; skip < most && (!best || skip < best[0] + best[1]); skip += 1) {
      const at = seen.get(one.sum(left + skip))?.find((each) => one.same(left + skip, other, each));
      if (at !== undefined && (!best || skip + at - right < best[0] + best[1])) best = [skip, at - right];
    }
    // Whatever is nearer than that was looked at.
    if (best && best[0] + best[1] <= ahead) return best;
  }
  return best;
}

/**
 * The entries of two runs, place by place.
 *
 * `left[place]` and `right[place]` are the indices of what stands there, or -1; `same[place]` says whether both say the
 * same. `places` has the place of each index, of both. `first` is the place of the first difference, `later` that of the
 * first entry which says the same at another time, -1 for none. What the regions were made with is in `origins` and is
 * no difference by itself.
 */
export function compare(one, other) {
  const made = [one, other].map((told) => Number(told.entries[0].kind === "region"));
  const texts = [one, other].map(written);
  const known = texts[0] && texts[1];
  const [ours, theirs] = [one, other].map(({ entries }, side) => new Said(entries, known && texts[side]));
  const left = [], right = [], same = [];
  const put = (a, b, equal) => {
    left.push(a);
    right.push(b);
    same.push(equal);
  };
  let a = 0, b = 0;
  if (made[0] && made[1]) put(a++, b++, true);
  while (a < ours.length || b < theirs.length) {
    if (a < ours.length && b < theirs.length && ours.same(a, theirs, b)) {
      put(a++, b++, true);
      continue;
    }
    const rest = [ours.length - a, theirs.length - b];
    const [skip, over] = meeting(ours, theirs, a, b) ?? rest.map((count) => Math.min(count, AHEAD.at(-1)));
    const both = Math.min(skip, over);
    for (let count = 0; count < both; count += 1) put(a++, b++, false);
    for (let count = both; count < skip; count += 1) put(a++, -1, false);
    for (let count = both; count < over; count += 1) put(-1, b++, false);
  }
  const since = (told, index) => told.entries[index].at - told.entries[0].at;
  return {
    left, right, same, places: [placesOf(left, ours.length), placesOf(right, theirs.length)],
    first: same.indexOf(false),
    later: same.findIndex((equal, place) => equal && since(one, left[place]) !== since(other, right[place])),
    origins: made[0] && made[1] ? origins(one.origin, other.origin) : [],
  };
}

function placesOf(indices, count) {
  const places = new Int32Array(count);
  indices.forEach((index, place) => {
    if (index >= 0) places[index] = place;
  });
  return places;
}

/** The index of the last entry of a run at or before a place, given its places; -1 where there is none yet. */
export function indexBefore(places, place) {
  let low = 0, high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] <= place) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
