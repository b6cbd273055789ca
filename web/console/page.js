// Small helpers of the page. Whatever comes from the region is set as text, and so is never run.

export const find = (id) => document.getElementById(id);

/** An element with properties, `data-*` values under `data`, listeners under `on`, and children. */
export function make(tag, { data = {}, on = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  Object.assign(made.dataset, data);
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const shown = new WeakMap();

/** Fill a part of the page anew, unless what it shows is the same: a click must not lose its button. */
export function fill(box, what, draw) {
  const key = JSON.stringify(what);
  if (shown.get(box) === key) return;
  shown.set(box, key);
  box.replaceChildren(...draw());
}

/** Let a part of the page have these elements: those that it has stay, and those that come first are put before them. */
export function replace(box, elements) {
  const kept = new Set(elements);
  for (const each of [...box.children]) if (!kept.has(each)) each.remove();
  let before = box.firstElementChild;
  for (const each of elements) {
    if (each === before) before = before.nextElementSibling;
    else box.insertBefore(each, before);
  }
}

/** Milliseconds of a text such as `1h30m`, 0 for none; throws an Error that says what to write. */
export function milliseconds(text) {
  const written = text.replaceAll(" ", "");
  if (!written) return 0;
  const units = { ms: 1, s: 1000, min: 60000, m: 60000, h: 3600000, d: 86400000 };
  let rest = written, sum = 0;
  while (rest) {
    const part = /^(\d+(?:\.\d+)?)(ms|min|s|m|h|d)/.exec(rest);
    if (!part) throw new Error(`${text}: expected a length of time, such as 90s, 2h or 1d12h`);
    sum += Number(part[1]) * units[part[2]];
    rest = rest.slice(part[0].length);
  }
  return Math.round(sum);
}
