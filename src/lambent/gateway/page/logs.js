// Log groups, and the events of one.

import { pages } from "./aws.js";
import { h, put, refused, to } from "./dom.js";
import { List } from "./list.js";
import { reader } from "./log_reader.js";
import { bytes, count, plain } from "./text.js";
import { calm } from "./view.js";

function row(group) {
  const retention = group.retentionInDays ? `kept ${group.retentionInDays} days` : "kept for good";
  return [h("a", { class: "grow strong", href: to("logs", group.logGroupName), tabindex: -1 }, plain(group.logGroupName)),
    h("span", { class: "cell number" }, bytes(group.storedBytes)), h("span", { class: "cell quiet" }, retention)];
}

async function groups(place, view) {
  const all = [];
  let word = "";
  const list = new List({ row, label: "Log groups", opened: (group) => { location.hash = to("logs", group.logGroupName); } });
  const tally = h("span", { class: "quiet" });
  const draw = (keep) => {
    const fit = all.filter((group) => group.logGroupName.toLowerCase().includes(word));
    list.show(fit, { keep });
    put(tally, count(fit.length));
  };
  put(place, h("div", { class: "bar" }, h("h1", {}, "Log groups"), tally, h("span", { class: "spring" }),
    h("input", { type: "search", placeholder: "Search  ( / )", "aria-label": "Search log groups",
      oninput: calm((event) => { word = event.target.value.toLowerCase(); draw(false); }, 80) })), list.element);
  for await (const page of pages("logs", "DescribeLogGroups", "logGroups", {}, view.signal)) {
    all.push(...page);
    draw(true);
  }
  if (all.length === 0) put(list.sheet, h("p", { class: "empty" }, "No log groups yet."));
}

export async function show(place, [group, stream], view) {
  if (group === undefined) {
    await groups(place, view);
    return;
  }
  const body = h("div", { class: "panel" });
  put(place, h("div", { class: "bar" }, h("a", { href: to("logs"), class: "quiet" }, "Logs /"), h("h1", {}, plain(group)),
    stream ? h("code", { class: "clip" }, plain(stream)) : null), body);
  try {
    await reader(body, group, view, stream);
  } catch (error) {
    if (!view.over) put(body, refused(error));
  }
}
