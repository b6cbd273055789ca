// Words for a reader: lengths of time, instants and entries. What is here is text and never markup.

const UNITS = [["d", 86400000], ["h", 3600000], ["min", 60000], ["s", 1000]];

/** A length of time in milliseconds, as `4 d 12 h`: the two largest units that it has. */
export function inWords(ms) {
  if (ms < 1000) return ms ? `${ms} ms` : "0 s";
  if (ms < 60000) return `${ms / 1000} s`;
  const parts = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(ms / length);
    ms -= count * length;
    if (count || parts.length) parts.push(count ? `${count} ${unit}` : "");
  }
  return parts.slice(0, 2).filter(Boolean).join(" ");
}

/** An instant as the API writes it. */
export function stamp(ms) {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString().replace(/\.\d+Z$/, "Z");
}

const USUAL = new Set(["InternetMaxBandwidthOut", "InstanceType", "ImageId", "RegionId", "PageSize", "PageNumber"]);
const ID = /^(i|ds|lt|c|t|e|mi)-[\w-]+$/;

function short(value, most = 60) {
  const text = typeof value === "string" ? `'${value}'` : JSON.stringify(value) ?? "";
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function named(values, leftOut = () => false) {
  return Object.entries(values ?? {})
    .filter(([name, value]) => value !== null && value !== "" && !leftOut(name))
    .map(([name, value]) => `${name}=${short(value)}`);
}

function ids(value, found = []) {
  if (typeof value === "string") {
    if (ID.test(value)) found.push(value);
  } else if (value && typeof value === "object") {
    for (const each of Object.values(value)) ids(each, found);
  }
  return found;
}

function called(data) {
  return `${data.action ?? "a call"}(${named(data.parameters, (name) => USUAL.has(name)).join(", ")})`;
}

// What the entries of a kind say in any case.
const SAY = new Map(Object.entries({
  call: ["action"], read: ["action"], refusal: ["code"], event: ["event", "type", "to"], transition: ["to"],
  fault: ["fault"], undo: ["fault"], effect: ["effect"], report: ["report"], control: ["verb"],
  bill: ["what", "amount", "balance"], advance: ["milliseconds"],
}));

/** Whether an entry lacks what entries of its kind say, so that another version of faultzone has written it. */
export function lacks({ kind, data }) {
  return SAY.get(kind)?.some((name) => data[name] === undefined) ?? false;
}

// What a line of a journal has besides what the entry says.
const OF_EVERY_ENTRY = new Set(["n", "at", "kind", "what"]);
const FAULT_LEFT_OUT = new Set(["n", "at", "kind", "fault", "number", "region", "why_no_undo"]);

/** What a field says; another version of faultzone may have written an entry without it. */
const or = (value, other = "?") => value ?? other;

export function faultName(data) {
  const said = named(data, (name) => FAULT_LEFT_OUT.has(name));
  return `${or(data.fault)}(${said.join(", ")})`;
}

/** One entry in a line. */
export function said({ kind, data }) {
  switch (kind) {
    case "call": {
      const made = ids(data.answer);
      const what = made.length > 3 ? `${made.length} ids` : made.join(", ");
      return called(data) + (what ? ` → ${what}` : "");
    }
    case "read":
      return called(data) + (data.total == null ? "" : ` → ${data.total}`);
    case "refusal":
      return `${data.action === undefined ? "a request" : called(data)} refused: ${or(data.code)}`;
    case "transition": {
      const what = data.run === undefined ? or(data.instance) : `${data.run} on ${or(data.target)}`;
      const where = data.host ? ` on ${data.host}` : "";
      return `${what}: ${or(data.from, "new")} → ${or(data.to)}${where}${data.why ? ` (${data.why})` : ""}`;
    }
    case "event": {
      const due = data.not_before == null ? "" : `, due ${stamp(data.not_before)}`;
      return `${or(data.type)} of ${or(data.instance)}: ${or(data.from, "new")} → ${or(data.to)}${due}`;
    }
    case "fault":
      return faultName(data);
    case "undo":
      return `end of ${faultName(data)}`;
    case "bill":
      return `${or(data.what)} ${or(data.amount)}, balance ${or(data.balance)}${data.account ? ` of ${data.account}` : ""}`;
    case "advance":
      return `time advances by ${inWords(Number(data.milliseconds) || 0)}`;
    case "control":
      return `${or(data.verb)}(${named(data.arguments).join(", ")})`;
    default: {
      const first = data[kind] ?? data.what ?? data.not_kept ?? "";
      return [String(first), ...named(data, (name) => name === kind || OF_EVERY_ENTRY.has(name))].join(" ").trim();
    }
  }
}
