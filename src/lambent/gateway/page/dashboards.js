// CloudWatch dashboards: what there are, and the widgets of one where it wants them.

import { ask, pages } from "./aws.js";
import { choice, crumb, empty, h, heading, link, put, table } from "./dom.js";
import { RANGES } from "./metrics.js";
import { all } from "./sections.js";
import { bytes, plain } from "./text.js";
import { widget } from "./widgets.js";

const [COLUMNS, ROWS, USUAL] = [24, 1000, { width: 6, height: 6 }];

// Puts an element where its widget wants to be: in units of a grid of 24 columns.
function placed(element, { x, y, width = USUAL.width, height = USUAL.height }) {
  const within = (value, least, most) => Math.min(Math.max(Math.trunc(Number(value)) || least, least), most);
  const wide = within(width, 1, COLUMNS);
  element.style.gridColumn = `${x === undefined ? "auto" : within(x, 0, COLUMNS - wide) + 1} / span ${wide}`;
  element.style.gridRow = `${y === undefined ? "auto" : within(y, 0, ROWS) + 1} / span ${within(height, 1, ROWS)}`;
  return element;
}

async function listing(place, view) {
  const found = await all(pages("cloudwatch", "ListDashboards", "DashboardEntries", {}, view.signal, "NextToken"));
  if (view.over) return;
  put(place, heading("Dashboards"), found.length === 0 ? h("div", { class: "card" }, empty("No dashboards: aws cloudwatch put-dashboard makes one."))
    : table(["Dashboard", "Size"], found.map((one) => [link(plain(one.DashboardName), "dashboards", one.DashboardName), bytes(one.Size)]), [1]));
}

export async function show(place, [name], view) {
  if (name === undefined) {
    await listing(place, view);
    return;
  }
  const { DashboardBody: text } = await ask("cloudwatch", "GetDashboard", { DashboardName: name }, view.signal);
  const { widgets = [] } = JSON.parse(text);
  let minutes = 180;
  let drawn = false;
  const body = h("div", { class: "grid" }, h("p", { class: "wait" }));
  async function draw() {
    const found = await Promise.all(widgets.map(async (one) => placed(await widget(one, minutes, view), one)));
    const read = body.matches(":hover") || body.contains(document.activeElement);
    if (view.over || (read && drawn)) return;
    drawn = true;
    put(body, found.length === 0 ? empty("It has no widgets.") : found);
  }
  put(place, h("div", { class: "bar" }, crumb("Dashboards", "dashboards"), h("h1", {}, plain(name)),
    h("span", { class: "spring" }), choice("Last", RANGES, String(minutes), (chosen) => { minutes = Number(chosen); drawn = false; draw(); })), body);
  await view.every(15, body, draw);
}
