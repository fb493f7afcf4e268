// One function: what is said of it, and its tabs.

import { functionPath, lambda } from "./aws.js";
import { badge, crumb, facts, h, put, refused, to } from "./dom.js";
import { bytes, plain } from "./text.js";
import { live } from "./environments.js";
import { panel as invocations } from "./invocations.js";
import { reader } from "./log_reader.js";
import { panel as metrics } from "./metrics.js";
import { panel as test } from "./invoke.js";

const TABS = [
  ["test", "Test", (place, found, view) => test(place, found.Configuration, view)],
  ["invocations", "Invocations", (place, found, view) => invocations(place, found.Configuration.FunctionName, group(found.Configuration), view)],
  ["metrics", "Metrics", (place, found, view) => metrics(place, found.Configuration.FunctionName, view)],
  ["logs", "Logs", (place, found, view) => reader(place, group(found.Configuration), view)],
  ["environments", "Environments", (place, found, view) => live(place, found.Configuration.FunctionArn, view)],
  ["configuration", "Configuration", (place, found) => put(place, configuration(found))],
];

function group(configuration) {
  return configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${configuration.FunctionName}`;
}

function configuration({ Configuration: c, Concurrency: concurrency, Tags: tags }) {
  const variables = Object.entries(c.Environment?.Variables ?? {});
  return [
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h2", {}, "Runtime"), facts([
        ["Runtime", c.Runtime ?? c.PackageType], ["Handler", c.Handler], ["Architecture", c.Architectures?.join(", ")],
        ["Memory", `${c.MemorySize} MB`], ["Timeout", `${c.Timeout} s`], ["Ephemeral storage", `${c.EphemeralStorage?.Size} MB`],
        ["Package", bytes(c.CodeSize)], ["SnapStart", c.SnapStart?.ApplyOn], ["Tracing", c.TracingConfig?.Mode],
        ["Reserved concurrency", concurrency?.ReservedConcurrentExecutions],
      ])),
      h("section", { class: "card" }, h("h2", {}, "Identity"), facts([
        ["ARN", h("code", {}, c.FunctionArn)], ["Role", h("code", {}, c.Role)], ["Version", c.Version],
        ["Changed", c.LastModified], ["Revision", h("code", {}, c.RevisionId)], ["Code SHA-256", h("code", {}, c.CodeSha256)],
        ["Log group", h("code", {}, group(c))], ["Log format", c.LoggingConfig?.LogFormat], ["Reason", c.StateReason],
      ]))),
    variables.length ? h("section", { class: "card" }, h("h2", {}, "Environment variables"),
      facts(variables.map(([name, value]) => [plain(name), hidden(value)]))) : null,
    tags && Object.keys(tags).length ? h("section", { class: "card" }, h("h2", {}, "Tags"), facts(Object.entries(tags).map(([key, value]) => [plain(key), plain(value)]))) : null,
    h("details", { class: "card" }, h("summary", {}, "All of it, as GetFunction answers"),
      h("pre", {}, plain(JSON.stringify(c, (name, value) => (name === "Variables" ? undefined : value), 2)))),
  ];
}

// A value that stands behind a button: screens are seen by others.
function hidden(value) {
  const place = h("span", {});
  put(place, h("button", { class: "link", onclick: () => put(place, h("code", {}, plain(value))) }, "show"));
  return place;
}

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
