// Log groups, and the events of one.

import { pages } from "./aws.js";
import { crumb, empty, h, heading, link, put, refused, to } from "./dom.js";
import { List } from "./list.js";
import { reader } from "./log_reader.js";
import { bytes, count, plain } from "./text.js";
import { calm } from "./view.js";

const COLUMNS = [["Log group", "grow strong"], ["Stored", "cell small number"], ["Kept", "cell quiet wide"]];

function row(group) {
  const name = plain(group.logGroupName);
  return [h("a", { href: to("logs", group.logGroupName), tabindex: -1, title: name }, name), bytes(group.storedBytes),
    group.retentionInDays ? `${group.retentionInDays} days` : "for good"];
}

async function groups(place, view) {
  const all = [];
  let word = "";
  const list = new List({ columns: COLUMNS, row, label: "Log groups", opened: (group) => { location.hash = to("logs", group.logGroupName); } });
  const tally = h("span", { class: "quiet" });
  const draw = (keep) => {
    const fit = all.filter((group) => group.logGroupName.toLowerCase().includes(word));
    list.show(fit, { keep });
    put(tally, count(fit.length));
  };
  put(place, heading("Logs", tally, h("span", { class: "spring" }),
    h("input", { type: "search", placeholder: "Search groups  ( / )", "aria-label": "Search log groups",
      oninput: calm((event) => { word = event.target.value.toLowerCase(); draw(false); }, 80) })), list.element);
  for await (const page of pages("logs", "DescribeLogGroups", "logGroups", {}, view.signal)) {
    all.push(...page);
    draw(true);
  }
  if (all.length === 0) list.element.replaceWith(h("div", { class: "card" }, empty("No log groups yet: they come with the first line.")));
}

export async function show(place, [group, stream], view) {
  if (group === undefined) {
    await groups(place, view);
    return;
  }
  const body = h("div", { class: "panel" });
  put(place, h("div", { class: "bar" }, crumb("Logs", "logs"), h("h1", {}, plain(group)),
    stream ? h("code", { class: "quiet clip", title: plain(stream) }, plain(stream)) : null, h("span", { class: "spring" }),
    link("Query with Insights", "insights", group)), body);
  try {
    await reader(body, group, view, stream);
  } catch (error) {
    if (!view.over) put(body, refused(error));
  }
}
