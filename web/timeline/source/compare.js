// Two runs beside each other: which entries say the same, and where the runs first differ. Pure: no page, no clock.

const OF_PLACE = new Set(["n", "at", "kind"]);
// After a difference, what is the same again is sought so far ahead.
const AHEAD = 400;

/** What an entry says, whatever its number and its time are. */
function key({ kind, data }) {
  const names = Object.keys(data).filter((name) => !OF_PLACE.has(name)).sort();
  return JSON.stringify([kind, ...names.map((name) => [name, data[name]])]);
}

/** What two regions were made with and is not the same: `[name, one, other]`. */
function origins(one, other) {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => !OF_PLACE.has(name));
  return names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
    .map((name) => [name, one[name], other[name]]);
}

/** The nearest place at which two lists of keys are the same again: how many of each come before it; null if none. */
function meeting(one, other, left, right) {
  const seen = new Map();
  const end = Math.min(other.length, right + AHEAD);
  for (let at = end - 1; at >= right; at -= 1) seen.set(other[at], at - right);
  let best = null;
  for (let skip = 0; left + skip < Math.min(one.length, left + AHEAD) && (!best || skip < best[0] + best[1]); skip += 1) {
    const found = seen.get(one[left + skip]);
    if (found !== undefined && (!best || skip + found < best[0] + best[1])) best = [skip, found];
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
  const keys = [one, other].map(({ entries }) => entries.map(key));
  const left = [], right = [], same = [];
  const put = (a, b, equal) => {
    left.push(a);
    right.push(b);
    same.push(equal);
  };
  let a = 0, b = 0;
  if (made[0] && made[1]) put(a++, b++, true);
  while (a < keys[0].length || b < keys[1].length) {
    if (a < keys[0].length && b < keys[1].length && keys[0][a] === keys[1][b]) {
      put(a++, b++, true);
      continue;
    }
    const rest = [keys[0].length - a, keys[1].length - b];
    const [skip, over] = meeting(keys[0], keys[1], a, b) ?? rest.map((count) => Math.min(count, AHEAD));
    const both = Math.min(skip, over);
    for (let count = 0; count < both; count += 1) put(a++, b++, false);
    for (let count = both; count < skip; count += 1) put(a++, -1, false);
    for (let count = both; count < over; count += 1) put(-1, b++, false);
  }
  const since = (told, index) => told.entries[index].at - told.entries[0].at;
  return {
    left, right, same, places: [placesOf(left, keys[0].length), placesOf(right, keys[1].length)],
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
