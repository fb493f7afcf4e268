// One function: what is said of it, and its tabs.

import { functionPath, lambda } from "./aws.js";
import { configuration, group } from "./configuration.js";
import { badge, crumb, h, put, refused, to } from "./dom.js";
import { live } from "./environments.js";
import { panel as invocations } from "./invocations.js";
import { panel as test } from "./invoke.js";
import { reader } from "./log_reader.js";
import { panel as metrics } from "./metrics.js";
import { plain } from "./text.js";

const TABS = [
  ["test", "Test", (place, found, view) => test(place, found.Configuration, view)],
  ["invocations", "Invocations", (place, found, view) => invocations(place, found.Configuration.FunctionName, group(found.Configuration), view)],
  ["metrics", "Metrics", (place, found, view) => metrics(place, found.Configuration.FunctionName, view)],
  ["logs", "Logs", (place, found, view) => reader(place, group(found.Configuration), view)],
  ["environments", "Environments", (place, found, view) => live(place, found.Configuration.FunctionArn, view)],
  ["configuration", "Configuration", configuration],
];

export async function show(place, [name, tab = "test"], view) {
  const found = await lambda(functionPath(name), {}, view.signal);
  if (view.over) return;
  const c = found.Configuration;
  const body = h("div", { class: "panel" }, h("p", { class: "wait" }));
  const chosen = TABS.find(([key]) => key === tab) ?? TABS[0];
  const good = c.State === undefined || c.State === "Active";
  put(place,
    h("div", { class: "bar" }, crumb("Functions", "functions"), h("h1", {}, c.FunctionName), badge(c.Runtime ?? "image", "cool"),
      badge(c.State ?? "Active", good ? "good" : "warn"), h("span", { class: "quiet clip", title: plain(c.Description) }, plain(c.Description))),
    h("nav", { class: "tabs", "aria-label": "Function" }, TABS.map(([key, title]) => h("a", {
      href: to("functions", name, key), "aria-current": key === chosen[0] ? "page" : undefined,
    }, title))),
    body);
  try {
    await chosen[2](body, found, view);
  } catch (error) {
    if (!view.over) put(body, refused(error));
  }
}
