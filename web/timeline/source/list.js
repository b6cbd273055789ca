// The entries as a list that is searched, filtered, walked by keyboard and read by a screen reader. Only the lines in
// view are in the page.

const LINE = 22, AROUND = 8;

export class List {
  /** box: has the role listbox; told of a choice by `onChoose(place)`, of what is found by `onFound(count, all)`. */
  constructor(box, { onChoose, onFound }) {
    this.box = box;
    this.onChoose = onChoose;
    this.onFound = onFound;
    this.field = box.querySelector("[data-lines]");
    this.wanted = "";
    this.chosen = -1;
    box.addEventListener("scroll", () => this.draw());
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => {
      const line = event.target.closest("[data-index]");
      if (line) onChoose(Number(line.dataset.index));
    });
    new ResizeObserver(() => this.draw()).observe(box);
  }

  /** Show `Lines` or `Pairs`, filtered as `filter` says. */
  show(lines, filtered) {
    this.lines = lines;
    this.filter(filtered);
  }

  /** Show what has the words that are `wanted`, is of no kind that is `hidden`, and, if asked for, is `differing`. */
  filter({ wanted = this.wanted, hidden = this.hidden, differing = this.differing }) {
    Object.assign(this, { wanted, hidden, differing });
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const { lines } = this;
    this.found = [];
    for (let place = 0; place < lines.length; place += 1) {
      if (hidden.size && lines.kinds(place).every((kind) => hidden.has(kind))) continue;
      if (differing && !lines.differs(place)) continue;
      if (words.length) {
        const text = lines.searched(place).toLowerCase();
        if (!words.every((word) => text.includes(word))) continue;
      }
      this.found.push(place);
    }
    this.onFound(this.found.length, lines.length);
    this.field.style.height = `${this.found.length * LINE}px`;
    this.draw();
  }

  place(index) {
    let low = 0, high = this.found.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.found[middle] < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  choose(index) {
    this.chosen = index;
    const place = this.place(index);
    const top = place * LINE;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + LINE > this.box.scrollTop + this.box.clientHeight) {
      this.box.scrollTop = top + LINE - this.box.clientHeight;
    }
    this.draw();
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / LINE) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || !this.found.length) return;
    event.preventDefault();
    const here = this.place(this.chosen);
    const exact = this.found[here] === this.chosen;
    const to = Math.min(this.found.length - 1, Math.max(0, here + (step > 0 && !exact ? step - 1 : step)));
    this.onChoose(this.found[to]);
  }

  draw() {
    if (!this.lines) return;
    const from = Math.max(0, Math.floor(this.box.scrollTop / LINE) - AROUND);
    const to = Math.min(this.found.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / LINE) + AROUND);
    const shown = [];
    for (let at = from; at < to; at += 1) shown.push(this.line(at));
    this.field.replaceChildren(...shown);
    const id = `entry-${this.chosen}`;
    if (this.field.querySelector(`#${id}`)) this.box.setAttribute("aria-activedescendant", id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  line(at) {
    const place = this.found[at];
    const line = document.createElement("div");
    line.id = `entry-${place}`;
    line.dataset.index = place;
    const refused = this.lines.kinds(place).every((kind) => kind === "refusal");
    line.className = `entry${refused ? " refusal" : ""}${this.lines.differs(place) ? " differs" : ""}`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", String(place === this.chosen));
    line.setAttribute("aria-posinset", String(at + 1));
    line.setAttribute("aria-setsize", String(this.found.length));
    line.style.top = `${at * LINE}px`;
    for (const [name, text] of this.lines.parts(place)) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      line.append(part);
    }
    return line;
  }
}
