// Buttons and forms for faults, made from the schema that the endpoint answers: no fault is known here.

import { make, milliseconds } from "./page.js";

let fields = 0;

/** The faults of a schema that a region with these capabilities allows. */
export function faultsOf(schema, capabilities) {
  const allowed = new Set(capabilities);
  return schema.properties.inject.properties.fault.oneOf.filter((each) => allowed.has(each["x-capability"]));
}

export const nameOf = (fault) => fault.properties.fault.const;

/** Those that can hit what is chosen: they have a field for it, or need one that goes with it, as the rack of a host. */
export function about(faults, kind, given) {
  return faults.filter(({ properties, required }) =>
    kind in properties || required.some((field) => "x-target" in properties[field] && field in given));
}

/**
 * A fault as a button, which breaks at once what is chosen, and a form for the rest.
 *
 * chosen: the field of what is chosen; given: values of fields, such as the chosen host; lists: what each kind of target may be;
 * onBreak(fault, {after, lasts}) is called with what was written.
 */
export function faultForm(fault, { chosen = "", given = {}, lists, onBreak, onWrong }) {
  const name = nameOf(fault);
  const known = Object.entries(fault.properties).filter(([field]) => field !== "fault" && field !== "region");
  const inputs = new Map(known.map(([field, schema]) => [field, input(field, schema, given[field], lists)]));
  const after = text("at once"), lasts = text("until it is undone");
  const ready = fault.required.every((field) => field === "fault" || field in given);
  const hits = fault.required.filter((field) => field !== chosen && field in given).map((field) => given[field]);
  const act = () => {
    try {
      const value = { fault: name };
      if ("region" in fault.properties && given.region) value.region = given.region;
      for (const [field, schema] of known) {
        const written = read(inputs.get(field), schema);
        if (written !== undefined) value[field] = written;
      }
      onBreak(value, { after: milliseconds(after.value), lasts: milliseconds(lasts.value) });
    } catch (error) {
      onWrong(error.message);
    }
  };
  const form = make("form", { className: "form", autocomplete: "off",
    on: { submit: (event) => { event.preventDefault(); act(); } } },
    ...known.map(([field, schema]) =>
      row(field, inputs.get(field), schema.description, fault.required.includes(field))),
    row("after", after, "how long until it comes, such as 5m."),
    row("lasts", lasts, "how long it lasts, such as 1h."),
    make("button", { type: "submit", className: "bad" }, `Inject ${name}`));
  const more = make("details", {}, make("summary", {}, "options"), form);
  const button = make("button", { type: "button", className: "bad now", data: { fault: name },
    on: { click: () => { if (ready) act(); else { more.open = true; form.querySelector("input, select")?.focus(); } } } },
    ready ? [name, ...hits].join(" ") : `${name} …`);
  return make("li", {}, button, make("p", { className: "faint" }, plain(fault.description)), more);
}

function row(field, control, description = "", required = false) {
  return make("label", {}, make("span", {}, required ? `${field} *` : field), control,
    make("small", { className: "faint" }, plain(description)));
}

const plain = (text) => text.replaceAll("`", "").replace(/\bNone\b/g, "empty");

function text(placeholder, value = "") {
  return make("input", { type: "text", placeholder, value });
}

function input(field, schema, value, lists) {
  const { type } = schema;
  const usual = schema.default === undefined ? "" : String(schema.default);
  if (type.includes("boolean")) {
    const box = make("input", { type: "checkbox" });
    box.checked = value ?? schema.default ?? false;
    return box;
  }
  const made = text(usual, value ?? "");
  if (type.every((each) => each === "integer" || each === "number")) made.inputMode = "decimal";
  const choices = [...(lists[schema["x-target"] ?? field] ?? named(schema)).slice(0, 1000), ...schema.examples ?? []];
  if (!choices.length) return made;
  fields += 1;
  const list = make("datalist", { id: `choices-${fields}` }, ...choices.map((each) => make("option", { value: each })));
  made.setAttribute("list", list.id);
  return make("span", { className: "choice" }, made, list);
}

/** The values that a description names, where the usual one is among them. */
function named({ default: usual, description = "" }) {
  const found = [...description.matchAll(/`([^`]+)`/g)].map(([, each]) => each);
  return found.length > 1 && found.includes(usual) ? found : [];
}

function read(control, { type }) {
  const box = control.matches("input") ? control : control.querySelector("input");
  if (box.type === "checkbox") return box.checked;
  const written = box.value.trim();
  if (!written) return undefined;
  if (type.every((each) => each === "integer" || each === "number")) {
    if (!Number.isFinite(Number(written))) throw new Error(`${written}: expected a number`);
    return Number(written);
  }
  return written;
}

