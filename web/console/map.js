// Zones, hosts and the instances on them. Only what has changed is drawn anew: a region may have a thousand instances.

import { make } from "./page.js";

const TONES = { Running: "running", Stopped: "stopped", Stopping: "starting", Starting: "starting", Pending: "pending" };
const NAMED_MOST = 150;
const NOWHERE = "";

export class RegionMap {
  /** told of a choice by `onChoose(kind, id)`. */
  constructor(box, onChoose) {
    this.box = box;
    this.boxes = new Map();
    this.chips = new Map();
    box.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-kind]");
      if (chosen) onChoose(chosen.dataset.kind, chosen.dataset.id);
    });
  }

  /** Draw the hosts anew where there are others, and the instances that have changed. */
  show(region, changed) {
    const layout = JSON.stringify([region.zones, region.hosts.map(({ host }) => host), region.of, region.id]);
    if (layout !== this.layout) {
      this.layout = layout;
      this.lay(region);
      changed = [...region.instances.keys()];
    }
    const dense = region.instances.size > NAMED_MOST;
    if (dense !== this.dense) changed = [...region.instances.keys()];
    this.dense = dense;
    this.box.classList.toggle("dense", dense);
    for (const host of region.hosts) this.mark(region, host);
    for (const id of changed) this.place(id, region.instances.get(id));
    for (const [id, chip] of this.chips) {
      if (!region.instances.has(id)) this.remove(id, chip);
    }
    const nowhere = this.boxes.get(NOWHERE);
    nowhere.card.hidden = !nowhere.chips.childElementCount;
    const left = region.count - region.instances.size;
    this.more.textContent = left > 0 ? `and ${left} more instances, which are not shown` : "";
  }

  lay(region) {
    this.boxes.clear();
    this.chips.clear();
    const zones = region.zones.map((zone) => {
      const cards = region.hosts.filter((host) => host.zone === zone).map((host) => this.card(host));
      const title = make("button", { type: "button", className: "zone-name", data: { kind: "zone", id: zone } }, zone);
      return make("section", { className: "zone", "aria-label": `zone ${zone}` }, title, make("div", { className: "hosts" }, ...cards));
    });
    const chips = make("div", { className: "chips" });
    const card = make("div", { className: "host nowhere", hidden: true }, make("p", {}, "On no host"), chips);
    this.boxes.set(NOWHERE, { card, chips });
    this.more = make("p", { className: "faint" });
    this.box.replaceChildren(...zones, card, this.more);
  }

  card({ host, rack }) {
    const state = make("span", { className: "state" });
    const title = make("button", { type: "button", className: "host-name", data: { kind: "host", id: host } },
      host.replace(/^.*-(?=[^-]+-h\d+$)/, ""), state);
    title.title = `${host}, rack ${rack}`;
    const chips = make("div", { className: "chips" });
    const card = make("div", { className: "host", data: { host } }, title, chips);
    this.boxes.set(host, { card, chips, state });
    return card;
  }

  mark(region, { host, state }) {
    const { card, state: text } = this.boxes.get(host);
    const faults = region.faultsOn(host).filter((each) => each.state !== "planned");
    const said = [state === "up" ? "" : state, ...faults.map(({ fault }) => fault.fault)].filter(Boolean).join(", ");
    if (text.textContent !== said) text.textContent = said;
    const shown = `host ${state}${faults.length ? " broken" : ""}`;
    if (card.className !== shown) card.className = shown;
  }

  place(id, instance) {
    let chip = this.chips.get(id);
    if (!instance) {
      if (chip) this.remove(id, chip);
      return;
    }
    if (!chip) {
      chip = make("button", { type: "button", data: { kind: "instance", id } });
      this.chips.set(id, chip);
    }
    const locked = instance.locks.length ? " locked" : "";
    const tone = `chip ${TONES[instance.state] ?? "starting"}${locked}`;
    const title = `${id} ${instance.name === id ? "" : `${instance.name} `}${instance.state}, ${instance.type}`;
    // What is set anew is laid out anew, even if it is the same; the text of a small square is not seen.
    if (chip.className !== tone) chip.className = tone;
    const text = this.dense ? "" : instance.name === id ? `…${id.slice(-6)}` : instance.name;
    if (chip.textContent !== text) chip.textContent = text;
    if (chip.title !== title) {
      chip.title = title;
      chip.setAttribute("aria-label", title);
    }
    const { chips } = this.boxes.get(instance.host ?? NOWHERE) ?? this.boxes.get(NOWHERE);
    if (chip.parentNode !== chips) chips.append(chip);
  }

  remove(id, chip) {
    chip.remove();
    this.chips.delete(id);
  }

  /** Mark what is chosen; nothing where it is undefined. */
  choose(kind, id) {
    for (const each of this.box.querySelectorAll("[aria-pressed=true]")) each.removeAttribute("aria-pressed");
    for (const each of this.box.querySelectorAll("[data-kind]")) {
      if (each.dataset.kind === kind && each.dataset.id === id) each.setAttribute("aria-pressed", "true");
    }
  }
}
