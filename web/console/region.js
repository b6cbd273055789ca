// What the page knows of a region: a fold over the messages of the stream. Pure: no page, and time is given.

const ENTRIES_MOST = 500;
const SETTLED_MOST = 5;
const LISTS = ["hosts", "sets", "windows", "invocations", "zones", "accounts", "count"];
const ACTIVE = new Set(["Scheduled", "Executing", "Inquiring"]);

export class Region {
  constructor() {
    this.of = "";
    this.clear();
  }

  clear() {
    this.instances = new Map();
    this.events = new Map();
    this.entries = [];
    this.refusals = [];
    for (const name of LISTS) this[name] = [];
  }

  /** Take a message in; the ids of the instances that changed, all of them where everything was told. */
  take(message, at) {
    const { whole } = message;
    if (whole) this.clear();
    Object.assign(this, {
      of: message.of, length: message.length, id: message.region, regions: message.regions, clock: message.clock,
      capabilities: message.capabilities, money: message.money, faults: message.faults, at,
    });
    for (const name of LISTS) if (name in message) this[name] = message[name];
    put(this.instances, message.instances);
    put(this.events, message.events);
    this.forget();
    this.entries = this.entries.concat(message.entries).slice(-ENTRIES_MOST);
    this.refusals = this.refusals.concat(message.entries.filter(({ kind }) => kind === "refusal")).slice(-ENTRIES_MOST);
    return whole ? [...this.instances.keys()] : Object.keys(message.instances);
  }

  /** Of the events that have come to an end, only the last stay in view. */
  forget() {
    const over = [...this.events].filter(([, event]) => !ACTIVE.has(event.state));
    for (const [id] of over.slice(0, -SETTLED_MOST)) this.events.delete(id);
  }

  /** Region time at an instant of the page, in milliseconds. */
  now(at) {
    return this.clock.now + (at - this.at) * this.clock.scale;
  }

  isPending(event) {
    return ACTIVE.has(event.state);
  }

  /** The pending event that is due next: `[id, event]`. */
  next(at) {
    const now = this.now(at);
    return [...this.events]
      .filter(([, event]) => event.state === "Scheduled" && event.due !== null && event.due > now)
      .sort(([, one], [, other]) => one.due - other.due)[0];
  }

  members(set) {
    return [...this.instances].filter(([, instance]) => instance.set === set);
  }

  /** What there is to be named in a fault, by the kind of target or the name of the field. */
  lists() {
    const ids = [...this.instances.keys()];
    const types = unique([...this.instances.values()].map(({ type }) => type));
    return {
      host: this.hosts.map(({ host }) => host), rack: unique(this.hosts.map(({ rack }) => rack)),
      switch: unique(this.hosts.map((each) => each.switch)), zone: this.zones, instance: ids, item: ids, about: ids,
      account: this.accounts, instance_type: types, family: unique(types.map((type) => type.replace(/\.[^.]*$/, ""))),
    };
  }

  faultsOn(id) {
    return this.faults.filter(({ fault, state }) => state !== "skipped" && Object.values(fault).includes(id));
  }
}

function put(map, rows) {
  for (const [id, row] of Object.entries(rows)) {
    if (row === null) map.delete(id);
    else map.set(id, row);
  }
}

const unique = (values) => [...new Set(values)];
