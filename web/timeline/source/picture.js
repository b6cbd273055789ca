// The picture: lanes drawn on a canvas, which is zoomed, scrolled and pointed at.

import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import { first, lanes } from "./model.js";
import { inWords } from "./words.js";

const ROW = 18, GAP = 6, HEAD = 24, GUTTER = 168;
// Beyond so many in view, links between the stays of an instance would be a carpet.
const LINKS_MOST = 1500;

/** By the order of entries: each has the same room. By time: each stands at its instant. */
export const ORDER = "order", TIME = "time";

export class Picture {
  /**
   * canvas: in `frame`, which scrolls; `told`: what `fold` gives.
   * onChoose: called with the index of the entry that was clicked; onPoint: with what the pointer is on, or null;
   * onZoom: with what it is zoomed to, unless it follows another.
   */
  constructor(frame, canvas, { onChoose, onPoint, onZoom }) {
    this.frame = frame;
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.spacer = frame.querySelector("[data-spacer]");
    this.axis = ORDER;
    this.transform = zoomIdentity;
    this.chosen = 0;
    this.zoom = zoom()
      .scaleExtent([1, 64])
      .filter((event) => !event.button && (event.type !== "wheel" || event.ctrlKey || event.metaKey || this.fits()))
      .on("zoom", ({ transform }) => {
        this.transform = transform;
        this.redraw();
        if (!this.follows) onZoom(transform);
      });
    select(canvas).call(this.zoom).on("dblclick.zoom", null);
    canvas.addEventListener("click", (event) => {
      const hit = this.hit(event);
      if (hit) onChoose(hit.index);
    });
    canvas.addEventListener("pointermove", (event) => onPoint(this.hit(event), event));
    canvas.addEventListener("pointerleave", () => onPoint(null));
    frame.addEventListener("scroll", () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(frame);
    this.waiting = 0;
  }

  /**
   * Show what a journal says.
   *
   * beside: of one of two runs, `{name, places, count, lasts, difference}`: what it is called, the place of each entry
   * among all `count` places, the milliseconds of the longer run, and the place of the first difference or -1.
   */
  show(told, beside = null) {
    this.told = told;
    this.beside = beside;
    const { lanes: found, moves } = lanes(told);
    let top = HEAD;
    for (const lane of found) {
      lane.top = top;
      lane.height = lane.rows * ROW;
      top += lane.height + GAP;
      if (lane.kind === "spans") {
        lane.byRow = Array.from({ length: lane.rows }, () => []);
        for (const span of lane.items) lane.byRow[span.row].push(span);
      }
    }
    this.lanes = found;
    this.moves = moves;
    this.height = top;
    this.zoom.scaleExtent([1, Math.max(64, (beside?.count ?? told.entries.length) / 4)]);
    this.resize();
    this.follow(zoomIdentity);
  }

  /** Zoom as another picture is. */
  follow(transform) {
    this.follows = true;
    select(this.canvas).call(this.zoom.transform, transform);
    this.follows = false;
  }

  fits() {
    return this.height <= this.frame.clientHeight;
  }

  resize() {
    const { clientWidth, clientHeight } = this.frame;
    if (!this.told || !clientWidth) return;
    const dense = window.devicePixelRatio || 1;
    this.width = clientWidth;
    this.view = clientHeight;
    this.canvas.width = Math.round(clientWidth * dense);
    this.canvas.height = Math.round(clientHeight * dense);
    this.canvas.style.width = `${clientWidth}px`;
    this.canvas.style.height = `${clientHeight}px`;
    this.spacer.style.height = `${Math.max(0, this.height - clientHeight)}px`;
    this.dense = dense;
    this.zoom.translateExtent([[GUTTER, 0], [this.width, 0]]).extent([[GUTTER, 0], [this.width, 1]]);
    this.redraw();
  }

  setAxis(axis) {
    this.axis = axis;
    this.follow(zoomIdentity);
  }

  /** Zoom by a factor about the middle, or about the chosen entry where that is in view. */
  zoomBy(factor) {
    const at = this.x(this.chosen);
    const about = at >= GUTTER && at <= this.width ? at : (GUTTER + this.width) / 2;
    select(this.canvas).call(this.zoom.scaleBy, factor, [about, 0]);
  }

  zoomOut() {
    select(this.canvas).call(this.zoom.transform, zoomIdentity);
  }

  /** Mark an entry as chosen, and bring it into view. */
  choose(index) {
    this.chosen = index;
    const at = this.x(index);
    if (at < GUTTER || at > this.width) {
      const whole = this.scale().copy().domain(this.domain());
      select(this.canvas).call(this.zoom.translateTo, whole(this.at(index)), 0);
    }
    this.redraw();
  }

  domain() {
    const { entries } = this.told;
    if (this.axis === ORDER) return [0, this.beside?.count ?? entries.length];
    const from = entries[0].at;
    const lasts = this.beside?.lasts ?? entries[entries.length - 1].at - from;
    return [from, from + Math.max(lasts, 1)];
  }

  scale() {
    return scaleLinear(this.domain(), [GUTTER, this.width - 8]);
  }

  /** The place of an entry on the axis; that after the last is the end. */
  at(index) {
    const { entries } = this.told;
    if (this.axis === TIME) return entries[Math.min(index, entries.length - 1)].at;
    return this.beside ? this.beside.places[index] ?? this.beside.count : index;
  }

  /** The place of an instant on the axis. */
  instant(ms) {
    return this.axis === TIME ? ms : this.at(first(this.told.entries, ms, (entry) => entry.at));
  }

  x(index) {
    return this.transform.applyX(this.scale()(this.at(index)));
  }

  redraw() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(
      ["ground", "text", "faint", "line", "running", "starting", "stopped", "pending", "bad", "call", "read", "event",
        "run", "fault", "chosen", "control"].map((name) => [name, of(name)]),
    );
  }

  draw() {
    if (!this.told || !this.width) return;
    const began = performance.now();
    const { context: c } = this;
    const scale = this.transform.rescaleX(this.scale());
    const paint = { c, scale, top: -this.frame.scrollTop, colours: this.colours() };
    this.paint = paint;
    c.setTransform(this.dense, 0, 0, this.dense, 0, 0);
    c.fillStyle = paint.colours.ground;
    c.fillRect(0, 0, this.width, this.view);
    c.font = "12px system-ui, sans-serif";
    c.textBaseline = "middle";
    const [from, to] = [scale.invert(GUTTER), scale.invert(this.width)];
    this.window = this.axis === ORDER
      ? [Math.max(0, this.indexAt(from)), this.indexAt(Math.ceil(to)) + Number(Boolean(this.beside))]
      : [first(this.told.entries, from, (entry) => entry.at) - 1, first(this.told.entries, to + 1, (each) => each.at)];
    const shown = this.lanes.filter((lane) => {
      const top = lane.top + paint.top;
      return top + lane.height >= HEAD && top <= this.view;
    });
    c.save();
    c.beginPath();
    c.rect(GUTTER, HEAD, this.width - GUTTER, this.view - HEAD);
    c.clip();
    for (const lane of shown) this.drawLane(lane, paint);
    this.drawMoves(paint);
    this.drawDifference(paint);
    this.drawChosen(paint);
    c.restore();
    for (const lane of shown) this.drawTitle(lane, paint);
    this.drawAxis(paint);
    this.canvas.dataset.ready = "yes";
    this.canvas.dataset.frame = (performance.now() - began).toFixed(1);
  }

  tone(lane, span, colours) {
    if (lane.tones !== "instance") {
      if (lane.tones === "event" && span.state === "Scheduled") return colours.pending;
      if (lane.tones === "run" && span.code) return colours.bad;
      return colours[lane.tones];
    }
    return { Running: colours.running, Stopped: colours.stopped, Pending: colours.pending }[span.state]
      ?? colours.starting;
  }

  drawLane(lane, { c, scale, top, colours }) {
    const y = lane.top + top;
    c.fillStyle = colours.line;
    c.fillRect(GUTTER, y + lane.height + GAP / 2, this.width, 0.5);
    if (lane.kind === "marks") this.drawMarks(lane, y, { c, scale, colours });
    else if (lane.kind === "line") this.drawLine(lane, y, { c, scale, colours });
    else if (lane.kind === "spans") {
      for (const lost of lane.lost ?? []) {
        c.fillStyle = colours.bad;
        c.globalAlpha = 0.18;
        const left = scale(this.at(lost.from));
        c.fillRect(left, y, Math.max(1, scale(this.at(lost.to)) - left), lane.height);
        c.globalAlpha = 1;
      }
      const from = Math.max(0, Math.floor((HEAD - y) / ROW)), to = Math.ceil((this.view - y) / ROW);
      for (let row = from; row < Math.min(to, lane.rows); row += 1) {
        this.drawRow(lane, lane.byRow[row], y + row * ROW, { c, scale, colours });
      }
    }
  }

  /** One row. Of what is narrower than a pixel, one in each pixel is drawn: the next is then searched for. */
  drawRow(lane, spans, y, { c, scale, colours }) {
    const [from, to] = this.window;
    let index = Math.max(0, first(spans, from, (span) => span.to));
    while (index < spans.length && spans[index].from <= to) {
      const span = spans[index];
      const left = scale(this.at(span.from));
      const width = Math.max(1, scale(this.at(span.to)) - left);
      c.fillStyle = this.tone(lane, span, colours);
      c.fillRect(left, y + 1, Math.max(1, width - (width > 3 ? 1 : 0)), ROW - 3);
      if (span.due != null) {
        const due = scale(this.instant(span.due));
        c.fillStyle = colours.text;
        c.fillRect(due - 1, y, 2, ROW - 1);
      }
      if (width > 30) this.drawLabel(lane, span, left, width, y, { c, colours });
      if (width > 1) index += 1;
      else index = Math.max(index + 1, first(spans, this.indexAt(scale.invert(left + 1)), (each) => each.to));
    }
  }

  drawLabel(lane, span, left, width, y, { c, colours }) {
    const label = lane.tones === "instance" ? `${span.id} ${span.state}` : `${span.label}: ${span.state}`;
    const from = Math.max(left, GUTTER) + 4;
    const room = left + width - from - 4;
    if (room < 20) return;
    c.fillStyle = colours.ground;
    c.fillText(cut(c, label, room), from, y + ROW / 2);
  }

  drawMarks(lane, y, { c, scale, colours }) {
    const [from, to] = this.window;
    const { items } = lane;
    let index = first(items, from, (item) => item.at);
    const end = first(items, to + 1, (item) => item.at);
    const dense = end - index > this.width;
    while (index < end) {
      const left = scale(this.at(items[index].at));
      let next = index + 1;
      let tone = items[index].tone;
      if (dense) {
        // All of one pixel are one mark, of the gravest tone that a few of them have.
        next = Math.max(next, first(items, this.indexAt(scale.invert(left + 1)), (item) => item.at));
        for (let look = index; look < Math.min(next, index + 64); look += 1) {
          if (items[look].tone === "bad") tone = "bad";
        }
      }
      c.fillStyle = { bad: colours.bad, call: colours.call, read: colours.read }[tone] ?? colours.control;
      c.globalAlpha = tone === "read" ? 0.5 : 1;
      const width = Math.min(6, Math.max(dense ? 1 : 2, this.spacing(scale) - 1));
      c.fillRect(left, y + 2, width, lane.height - 4);
      c.globalAlpha = 1;
      index = next;
    }
  }

  /** Pixels between two entries, where they are in order. */
  spacing(scale) {
    return this.axis === ORDER ? scale(1) - scale(0) : 3;
  }

  drawLine(lane, y, { c, scale, colours }) {
    const values = lane.items.map((item) => item.balance);
    const least = Math.min(0, ...sampled(values)), most = Math.max(...sampled(values), least + 1);
    const place = (value) => y + lane.height - 3 - ((value - least) / (most - least)) * (lane.height - 6);
    c.strokeStyle = colours.call;
    c.beginPath();
    let before = null, drawn = -1e9;
    for (const item of lane.items) {
      const x = scale(this.at(item.at));
      if (before !== null && x - drawn < 0.5) continue;
      if (before === null) c.moveTo(x, place(item.balance));
      else {
        c.lineTo(x, before);
        c.lineTo(x, place(item.balance));
      }
      before = place(item.balance);
      drawn = x;
    }
    c.lineTo(this.width, before);
    c.stroke();
  }

  drawMoves({ c, scale, top, colours }) {
    const [from, to] = this.window;
    const shown = this.moves.filter((move) => move.to.from >= from && move.to.from <= to);
    if (shown.length > LINKS_MOST) return;
    c.strokeStyle = colours.text;
    c.globalAlpha = 0.7;
    for (const { from: before, to: span, fromLane, toLane } of shown) {
      const x = scale(this.at(span.from)), was = scale(this.at(before.to));
      const y = fromLane.top + top + before.row * ROW + ROW / 2, end = toLane.top + top + span.row * ROW + ROW / 2;
      c.beginPath();
      c.moveTo(was, y);
      c.bezierCurveTo(was + 14, y, x - 14, end, x, end);
      c.stroke();
      c.beginPath();
      c.arc(x, end, 2.5, 0, 7);
      c.fillStyle = colours.text;
      c.fill();
    }
    c.globalAlpha = 1;
  }

  drawChosen({ c, scale, colours }) {
    const x = scale(this.at(this.chosen));
    c.fillStyle = colours.chosen;
    c.fillRect(x - 1, HEAD, 2, this.view);
  }

  /** Where this run and that beside it first differ. */
  drawDifference({ c, scale, colours }) {
    if (!this.beside || this.beside.difference < 0) return;
    const { difference, places } = this.beside;
    const x = scale(this.axis === ORDER ? difference : this.at(first(places, difference, (place) => place)));
    c.save();
    c.setLineDash([5, 3]);
    c.strokeStyle = colours.bad;
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(x, HEAD);
    c.lineTo(x, this.view);
    c.stroke();
    c.fillStyle = colours.bad;
    c.font = "600 14px system-ui, sans-serif";
    c.fillText("≠", x + 4, HEAD + 9);
    c.restore();
  }

  drawTitle(lane, { c, top, colours }) {
    const y = lane.top + top;
    c.save();
    c.beginPath();
    c.rect(0, HEAD, GUTTER, this.view);
    c.clip();
    c.fillStyle = colours.ground;
    c.fillRect(0, y - GAP / 2, GUTTER - 4, lane.height + GAP);
    c.fillStyle = lane.kind === "zone" ? colours.text : colours.faint;
    c.font = lane.kind === "zone" ? "600 12px system-ui, sans-serif" : "12px system-ui, sans-serif";
    c.fillText(cut(c, lane.title, GUTTER - 16), lane.indent ? 16 : 8, y + ROW / 2);
    c.restore();
  }

  drawAxis({ c, scale, colours }) {
    c.fillStyle = colours.ground;
    c.fillRect(0, 0, this.width, HEAD);
    c.fillStyle = colours.faint;
    const { entries } = this.told;
    const axis = this.axis === ORDER ? "in order" : "by time";
    c.fillText(this.beside ? cut(c, this.beside.name, GUTTER - 16) : axis, 8, HEAD / 2);
    let free = GUTTER;
    for (const tick of scale.ticks(Math.max(2, Math.floor((this.width - GUTTER) / 110)))) {
      if (this.axis === ORDER && !Number.isInteger(tick)) continue;
      const x = scale(tick);
      if (x < GUTTER || x < free) continue;
      const ms = this.axis === TIME ? tick : entries[Math.max(0, Math.min(this.indexAt(tick), entries.length - 1))].at;
      const label = `+${inWords(Math.round(ms - entries[0].at))}`;
      const end = x + 3 + c.measureText(label).width;
      if (end > this.width) break;
      c.fillRect(x, HEAD - 5, 1, 5);
      c.fillText(label, x + 3, HEAD / 2);
      free = end + 9;
    }
    c.fillStyle = colours.line;
    c.fillRect(0, HEAD - 0.5, this.width, 0.5);
  }

  /** The index of the last entry at or before a place on the axis. */
  indexAt(place) {
    const { entries } = this.told;
    if (this.axis === TIME) return first(entries, place, (entry) => entry.at);
    if (!this.beside) return Math.floor(place);
    return first(this.beside.places, Math.floor(place) + 1, (each) => each) - 1;
  }

  /** What is at a place of the canvas: `{index, text}`, or null. */
  hit(event) {
    if (!this.paint) return null;
    const { scale } = this.paint;
    const y = event.offsetY + this.frame.scrollTop;
    if (event.offsetX < GUTTER || event.offsetY < HEAD) return null;
    const lane = this.lanes.find((each) => y >= each.top - GAP / 2 && y < each.top + each.height + GAP / 2);
    const index = Math.max(0, Math.min(this.indexAt(scale.invert(event.offsetX)), this.told.entries.length - 1));
    if (!lane) return { index, text: "" };
    if (lane.kind === "spans") {
      const row = lane.byRow[Math.floor((y - lane.top) / ROW)] ?? [];
      const span = row[first(row, index + 0.5, (each) => each.to)];
      if (!span || span.from > index) return { index, text: lane.lost?.length ? lane.title : "" };
      const what = lane.tones === "instance" ? `${span.id} ${span.state}` : `${span.label}: ${span.state}`;
      const until = span.to < this.told.entries.length ? this.told.entries[span.to].at : null;
      const lasted = until === null ? "to the end" : inWords(until - this.told.entries[span.from].at);
      return { index: span.from, text: `${what}, ${lasted}` };
    }
    if (lane.kind === "marks" || lane.kind === "line") {
      const near = first(lane.items, index, (item) => item.at);
      const item = [lane.items[near], lane.items[near - 1]].filter(Boolean)
        .sort((one, other) => Math.abs(one.at - index) - Math.abs(other.at - index))[0];
      if (item && Math.abs(scale(this.at(item.at)) - event.offsetX) < 8) {
        return { index: item.at, text: item.label ?? `${item.what} ${item.amount}, balance ${item.balance}` };
      }
    }
    return { index, text: "" };
  }
}

function sampled(values) {
  const step = Math.ceil(values.length / 10000);
  return step > 1 ? values.filter((_, index) => index % step === 0) : values;
}

// To measure a text takes longer than to draw it; most labels come again in the next frame.
const widths = new Map();
const WIDTHS_MOST = 20000;

/** A label, or as much of it as there is room for. */
function cut(c, label, room) {
  let width = widths.get(label);
  if (width === undefined) {
    if (widths.size >= WIDTHS_MOST) widths.clear();
    width = c.measureText(label).width;
    widths.set(label, width);
  }
  if (width <= room) return label;
  const most = Math.floor((label.length * (room - 12)) / width);
  return most > 1 ? `${label.slice(0, most)}…` : "";
}
