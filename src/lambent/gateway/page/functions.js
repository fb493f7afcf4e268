// All functions: a list that grows while its pages come, and what of it is searched for.

import { functions } from "./aws.js";
import { badge, empty, h, heading, put, refused, to } from "./dom.js";
import { List } from "./list.js";
import { bytes, count, plain } from "./text.js";
import { calm } from "./view.js";

const COLUMNS = [["Name", "grow strong"], ["Description", "grow quiet wide"], ["Runtime", "cell wide"], ["Memory", "cell small number"],
  ["Package", "cell small number wide"], ["Changed", "cell small number wide"], ["State", "cell small"]];

function row(found) {
  const kind = found.PackageType === "Image" ? "image" : found.Runtime;
  const state = found.State ?? "Active";
  return [
    h("a", { href: to("functions", found.FunctionName), tabindex: -1, title: found.FunctionName }, found.FunctionName),
    plain(found.Description), kind ?? "–", `${found.MemorySize} MB`, bytes(found.CodeSize), found.LastModified?.slice(0, 10) ?? "",
    badge(state, state === "Active" ? "good" : "warn"),
  ];
}

export async function show(place, _rest, view) {
  const all = [];
  let searched = "";
  const list = new List({ columns: COLUMNS, row, label: "Functions", opened: (found) => { location.hash = to("functions", found.FunctionName); } });
  const tally = h("span", { class: "quiet", "aria-live": "polite" });
  const draw = (grown) => {
    const words = searched.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (found) => `${found.FunctionName} ${found.Runtime ?? ""} ${found.Description ?? ""}`.toLowerCase();
    const fit = words.length === 0 ? all : all.filter((found) => words.every((word) => text(found).includes(word)));
    list.show(fit, { keep: grown });
    put(tally, fit.length === all.length ? count(all.length) : `${count(fit.length)} of ${count(all.length)}`);
  };
  const search = h("input", {
    type: "search", placeholder: "Search name, runtime, description  ( / )", "aria-label": "Search functions",
    oninput: calm((event) => { searched = event.target.value; draw(false); }, 80),
    onkeydown: (event) => { if (event.key === "ArrowDown") list.element.focus(); },
  });
  put(place, heading("Functions", tally, h("span", { class: "spring" }), search), list.element);
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
    if (view.over) return;
    draw(true);
    if (all.length === 0) list.element.replaceWith(h("div", { class: "card" }, empty("No functions yet: aws lambda create-function makes one.")));
  } catch (error) {
    if (!view.over) list.element.replaceWith(refused(error));
  }
}
