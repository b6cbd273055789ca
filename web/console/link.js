// What the page asks of its endpoint: control verbs, and the stream of what changes, which goes on where it ended.

const ROOT = "/_faultzone/";
const KEPT = "faultzone-token";
const PATIENCE = [500, 1000, 2000, 5000];

/** Refused by the endpoint: `status` and a sentence. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function refusal(answer) {
  let said = `status ${answer.status}`;
  try {
    said = (await answer.json()).Message ?? said;
  } catch {
    // Whatever answers there is no region.
  }
  return new Refused(answer.status, said);
}

export class Link {
  /** told: `onMessage(message)`, `onState("live" | "lost" | "closed", why)`. */
  constructor({ onMessage, onState }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.region = "";
    this.known = "";
    this.turn = 0;
    this.token = localStorage.getItem(KEPT) ?? "";
    this.readLink();
    // A new link that is opened in this tab loads nothing.
    addEventListener("hashchange", () => this.readLink() && this.open());
    // The other tabs of this endpoint are told the token, too.
    addEventListener("storage", (event) => {
      if (event.key !== KEPT || !event.newValue || event.newValue === this.token) return;
      this.token = event.newValue;
      this.open();
    });
    // A browser has few connections to an endpoint: a tab that nobody sees needs none.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
  }

  /** Take the token of the link by which the page was opened; whether there was one. */
  readLink() {
    const link = /^#token=(.+)$/.exec(location.hash);
    if (!link) return false;
    history.replaceState(null, "", location.pathname);
    try {
      this.keep(decodeURIComponent(link[1]));
    } catch {
      return false; // It is not written as a link is.
    }
    return true;
  }

  keep(token) {
    this.token = token;
    localStorage.setItem(KEPT, token);
  }

  headers(more = {}) {
    return { "x-faultzone-token": this.token, ...more };
  }

  /** The answer of a control verb; throws a `Refused`, or a TypeError where nothing answers. */
  async ask(verb, given = {}) {
    const answer = await fetch(`${ROOT}control/${verb}`, {
      method: "POST", headers: this.headers({ "content-type": "application/json" }), body: JSON.stringify(given),
    });
    if (!answer.ok) throw await refusal(answer);
    return answer.json();
  }

  async get(what) {
    const answer = await fetch(ROOT + what, { headers: this.headers() });
    if (!answer.ok) throw await refusal(answer);
    return answer.json();
  }

  /** Look at another region. */
  show(region) {
    this.region = region;
    this.known = "";
    this.open();
  }

  close() {
    this.turn += 1;
    this.ends?.abort();
  }

  /** Read the stream, again whenever it ends, until it is closed. */
  async open() {
    this.close();
    const turn = this.turn;
    for (let failed = 0; turn === this.turn;) {
      if (!this.token) return this.onState("closed", "");
      this.ends = new AbortController();
      let why = "the connection ended";
      try {
        await this.read(this.ends.signal, () => {
          failed = 0;
        });
      } catch (error) {
        if (turn !== this.turn) return;
        if (error instanceof Refused && error.status === 403) return this.onState("closed", error.message);
        if (error instanceof Refused && error.status === 400) this.region = this.known = "";
        why = error instanceof Refused ? error.message : "nothing answers";
      }
      if (turn !== this.turn) return;
      this.onState("lost", why);
      await new Promise((done) => setTimeout(done, PATIENCE[Math.min(failed, PATIENCE.length - 1)]));
      failed += 1;
    }
  }

  async read(signal, onMessage) {
    const known = this.known ? { "last-event-id": this.known } : {};
    const url = `${ROOT}stream?region=${encodeURIComponent(this.region)}`;
    const answer = await fetch(url, { headers: this.headers(known), signal, cache: "no-store" });
    if (!answer.ok) throw await refusal(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      held += value;
      const events = held.split("\n\n");
      held = events.pop();
      for (const event of events) {
        const { id, data } = fields(event);
        if (data === undefined) continue;
        this.known = id;
        try {
          this.onMessage(JSON.parse(data));
        } catch (error) {
          reportError(error); // A mistake of the page is no lost connection, and the next message may be drawn.
        }
        this.onState("live", "");
        onMessage();
      }
    }
  }
}

function fields(event) {
  const found = {};
  for (const line of event.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) found[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, "");
  }
  return found;
}
