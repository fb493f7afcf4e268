// Elements, made of text and other elements. Text is only ever text: nothing here, or anywhere on the page, parses markup.

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

// A plain table; cells are texts or elements, `numeric` names the columns that hold figures.
export function table(headings, rows, numeric = []) {
  const kind = (index) => (numeric.includes(index) ? "number" : undefined);
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, headings.map((text, i) => h("th", { scope: "col", class: kind(i) }, text)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: kind(i) }, cell)))))));
}

// Names with their values.
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// What a server refused, in its own words.
export function refused(error) {
  return h("div", { class: "refusal", role: "alert" },
    h("strong", {}, error.code ?? error.name), " ", error.message);
}

// A small mark with a word in it; `tone` is good, warn, bad, cool or quiet.
export function badge(text, tone = "quiet") {
  return h("span", { class: `badge ${tone}` }, text);
}
