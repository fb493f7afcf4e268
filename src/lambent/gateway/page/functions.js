// All functions: a list that grows while its pages come, and what of it is searched for.

import { functions } from "./aws.js";
import { badge, h, put, refused, to } from "./dom.js";
import { List } from "./list.js";
import { bytes, count, plain } from "./text.js";
import { calm } from "./view.js";

function row(found) {
  const kind = found.PackageType === "Image" ? "image" : found.Runtime;
  return [
    h("a", { class: "grow strong", href: to("functions", found.FunctionName), tabindex: -1 }, found.FunctionName),
    h("span", { class: "grow quiet wide" }, plain(found.Description)),
    h("span", { class: "cell" }, kind ?? "–"),
    h("span", { class: "cell small number" }, `${found.MemorySize} MB`),
    h("span", { class: "cell small number wide" }, bytes(found.CodeSize)),
    h("span", { class: "cell small number wide" }, found.LastModified?.slice(0, 10) ?? ""),
    h("span", { class: "cell small" }, found.State && found.State !== "Active" ? badge(found.State, "warn") : ""),
  ];
}

export async function show(place, _rest, view) {
  const all = [];
  let searched = "";
  const list = new List({ row, label: "Functions", opened: (found) => { location.hash = to("functions", found.FunctionName); } });
  const tally = h("span", { class: "quiet", "aria-live": "polite" });
  const draw = (grown) => {
    const words = searched.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (found) => `${found.FunctionName} ${found.Runtime ?? ""} ${found.Description ?? ""}`.toLowerCase();
    const fit = words.length === 0 ? all : all.filter((found) => words.every((word) => text(found).includes(word)));
    list.show(fit, { keep: grown });
    put(tally, fit.length === all.length ? count(all.length) : `${count(fit.length)} of ${count(all.length)}`);
  };
  const search = h("input", {
    type: "search", placeholder: "Search: name, runtime, description", "aria-label": "Search functions",
    oninput: calm((event) => { searched = event.target.value; draw(false); }, 80),
    onkeydown: (event) => { if (event.key === "ArrowDown") list.element.focus(); },
  });
  put(place, h("div", { class: "bar" }, h("h1", {}, "Functions"), tally, h("span", { class: "spring" }), search), list.element);
  search.focus();
  try {
    let drawn = 0;
    for await (const page of functions(view.signal)) {
      all.push(...page);
      if (performance.now() - drawn > 150) {
        draw(true);
        drawn = performance.now();
      }
    }
    draw(true);
    if (all.length === 0) put(list.sheet, h("p", { class: "empty" }, "No functions yet."));
  } catch (error) {
    if (!view.over) list.element.replaceWith(refused(error));
  }
}
