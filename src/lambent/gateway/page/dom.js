// Elements, made of text and other elements. Text is only ever text: nothing here, or anywhere on the page, parses markup.

import { plain } from "./text.js";

const MOST = 500;
const SVG = "http://www.w3.org/2000/svg";

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// An HTML element: `h("p", {class: "quiet", onclick: f}, "text", other)`.
export function h(tag, properties, ...children) {
  return filled(document.createElement(tag), properties, children);
}

// The same of SVG.
export function s(tag, properties, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

// Replaces what `place` holds.
export function put(place, ...children) {
  place.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return place;
}

// A link within the page: parts become a path after the hash.
export function to(...parts) {
  return "#/" + parts.map(encodeURIComponent).join("/");
}

// A choice among [value, text] pairs.
export function choice(label, pairs, chosen, changed) {
  const options = pairs.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("label", { class: "field" }, label, h("select", { onchange: (e) => changed(e.target.value) }, options));
}

// A plain table; cells are texts or elements, `numeric` names the columns that hold figures. Rows beyond `MOST` are counted only.
// A row's first cell may be {key, cell}: what it is found again by when the table is shown anew.
export function table(headings, rows, numeric = []) {
  const kind = (index) => (numeric.includes(index) ? "number" : undefined);
  const line = ([first, ...rest]) => {
    const [key, cell] = first?.key === undefined ? [undefined, first] : [first.key, first.cell];
    return h("tr", { "data-key": key }, [cell, ...rest].map((one, i) => h("td", { class: kind(i) }, one)));
  };
  return h("div", { class: "scroll", tabindex: 0 }, h("table", {},
    h("thead", {}, h("tr", {}, headings.map((text, i) => h("th", { scope: "col", class: kind(i) }, text)))),
    h("tbody", {}, rows.slice(0, MOST).map(line))),
  rows.length > MOST ? h("p", { class: "more" }, `and ${rows.length - MOST} more`) : null);
}

// Names with their values; `flat` beside each other.
export function facts(pairs, flat = false) {
  return h("dl", { class: flat ? "facts flat" : "facts" }, pairs.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// What a server refused, in its own words.
export function refused(error) {
  return h("div", { class: "refusal", role: "alert" },
    h("strong", {}, error.code ?? error.name), plain(error.message));
}

// The words for nothing.
export function empty(...words) {
  return h("p", { class: "empty" }, words);
}

// A title with what belongs beside it.
export function heading(title, ...more) {
  return h("div", { class: "bar" }, h("h1", {}, title), more);
}

// The way back to the list that something is of.
export function crumb(title, ...parts) {
  return h("a", { href: to(...parts), class: "crumb" }, title);
}

// One figure, large, and what it is.
export function tile(value, label, tone = "") {
  return h("div", { class: `tile ${tone}` }, h("b", {}, value), h("span", {}, label));
}

// A link into the page that stands out in texts.
export function link(text, ...parts) {
  return h("a", { href: to(...parts), class: "linked" }, text);
}

// A small mark with a word in it; `tone` is good, warn, bad, cool or quiet.
export function badge(text, tone = "quiet") {
  return h("span", { class: `badge ${tone}` }, text);
}
