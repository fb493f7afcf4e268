// Results of a query as a list of any length; one of them in full.

import { empty, facts, h, put } from "./dom.js";
import { List } from "./list.js";
import { plain, pretty } from "./text.js";

const CLIPPED = 400;
const WIDE = ["@message", "@pattern"]; // a column that takes what the others leave

function shown(value) {
  return plain(String(value ?? "").slice(0, CLIPPED)).trimEnd().replaceAll("\n", " ⏎ ");
}

export function results({ rows, columns, status }) {
  if (status !== "Complete") return h("div", { class: "card" }, empty(`The query ended as ${status}.`));
  if (rows.length === 0) return h("div", { class: "card" }, empty("No results in this time."));
  const texts = columns.some((name) => WIDE.includes(name));
  const kinds = columns.map((name) => (name === "@timestamp" ? "stamp" : WIDE.includes(name) || !texts ? "grow" : "cell"));
  const detail = h("div", { class: "detail", hidden: true });
  const list = new List({
    columns: columns.map((name, index) => [plain(name), kinds[index]]), height: 28, label: "Results",
    row: (found) => columns.map((name) => shown(found[name])),
    opened: (found) => {
      detail.hidden = false;
      put(detail, h("div", { class: "bar tight" }, h("strong", {}, "Result"), h("span", { class: "spring" }),
        h("button", { onclick: () => { detail.hidden = true; list.element.focus(); } }, "Close")),
      facts(columns.filter((name) => found[name] !== undefined).map((name) => [plain(name), h("pre", {}, plain(pretty(found[name].trimEnd())))])));
    },
  });
  list.element.classList.add("lines");
  list.items = rows;
  return [list.element, detail];
}
