// What dashboards are made of. A widget that fails says so, and leaves the others.

import { ask, functionPath, functions, lambda } from "./aws.js";
import { alarmsOf, state } from "./alarms.js";
import { chart } from "./chart.js";
import { empty, h, link, refused, table } from "./dom.js";
import { periodFor, points } from "./metrics.js";
import { prose } from "./prose.js";
import { momentOf, query, series } from "./query.js";
import { each } from "./sections.js";
import { clock, count, plain } from "./text.js";
import { bars, metricWidget, titled } from "./widget_metrics.js";

const MOST_EXPLORED = 500; // functions whose tags are read
const CLIPPED = 300;

function card(title, ...content) {
  return h("section", { class: "card" }, title ? h("h2", { class: "label" }, plain(title)) : null, content);
}

// A log widget's query says its groups before its commands: SOURCE 'a' | SOURCE 'b' | fields ...
function sources(text) {
  const groups = [];
  const rest = text.replace(/^(?:\s*SOURCE\s+(?:'([^']*)'|"([^"]*)")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*\s*\|)+/i, (whole) => {
    for (const [, one, two] of whole.matchAll(/'([^']*)'|"([^"]*)"/g)) groups.push(one ?? two);
    return "";
  });
  return [groups, rest.trim()];
}

async function logWidget(properties, minutes, view) {
  const [groups, text] = sources(properties.query ?? "");
  const until = Date.now();
  const from = until - minutes * 60_000;
  const found = await query(groups, text, from, until, view.signal);
  if (found.rows.length === 0) return card(properties.title, empty("No results in this time."));
  const lines = ["timeSeries", "bar", "pie"].includes(properties.view) ? series(found) : null;
  if (lines) return chart(plain(properties.title ?? "Logs"), lines.map((one) => ({ ...one, label: plain(one.label) })), { from, until, shown: count, gap: Infinity });
  if (properties.view === "bar" || properties.view === "pie") {
    const [name, figure] = [found.columns[0], found.columns.at(-1)];
    return card(properties.title, bars(found.rows.slice(0, 50).map((row) => [plain(row[name]), Number(row[figure]) || 0])));
  }
  const cell = (name, value = "") => (name === "@timestamp" ? h("time", {}, clock(momentOf(value))) : plain(value.slice(0, CLIPPED)).trim());
  return card(properties.title, table(found.columns.map((name) => plain(name)), found.rows.slice(0, 100).map((row) => found.columns.map((name) => cell(name, row[name])))));
}

async function alarmWidget(properties, _minutes, view) {
  const found = await alarmsOf((properties.alarms ?? []).map((arn) => arn.split(":alarm:").pop()), view.signal);
  const fit = found.filter((alarm) => !properties.states?.length || properties.states.includes(alarm.StateValue));
  return card(properties.title ?? "Alarms", fit.length === 0 ? empty("None of them.")
    : h("div", { class: "chips" }, fit.map((alarm) => h("span", { class: "chip" }, link(plain(alarm.AlarmName), "alarms", alarm.AlarmName), state(alarm)))));
}

// The functions that have one of the tags that an explorer asks for.
async function tagged(labels, signal) {
  const found = [];
  for await (const page of functions(signal)) {
    found.push(...page);
    if (found.length >= MOST_EXPLORED) break;
  }
  const tags = await each(found, async ({ FunctionName: name }) => (await lambda(functionPath(name), {}, signal)).Tags ?? {});
  const fits = (own) => labels.some(({ key, value }) => key in own && (value === undefined || own[key] === value));
  return found.filter((_, index) => labels.length === 0 || fits(tags[index])).map((one) => one.FunctionName);
}

async function explorerWidget(properties, minutes, view) {
  const metrics = (properties.metrics ?? []).filter(({ resourceType }) => resourceType === "AWS::Lambda::Function");
  if (metrics.length === 0) return card(properties.title ?? "Explorer", empty("Only functions are explored here."));
  const names = await tagged(properties.labels ?? [], view.signal);
  const period = Math.max(properties.period ?? 0, periodFor(minutes));
  const until = Math.ceil(Date.now() / 1000 / period) * period;
  const from = until - minutes * 60;
  const charts = await each(metrics, async ({ metricName, stat }) => {
    const queries = names.slice(0, 100).map((name, index) => ({ Id: `f${index}`, Label: name, MetricStat: { Period: period, Stat: stat,
      Metric: { Namespace: "AWS/Lambda", MetricName: metricName, Dimensions: [{ Name: "FunctionName", Value: name }] } } }));
    const found = queries.length === 0 ? { MetricDataResults: [] }
      : await ask("cloudwatch", "GetMetricData", { MetricDataQueries: queries, StartTime: from, EndTime: until }, view.signal);
    return chart(plain(metricName), found.MetricDataResults.map((result) => ({ label: plain(result.Label), points: points(result) })),
      { from: from * 1000, until: until * 1000, shown: count, gap: period * 1500 });
  });
  return card(properties.title ?? "Explorer", names.length === 0 ? empty("No function has these tags.") : h("div", { class: "charts" }, charts));
}

const KINDS = {
  text: (properties) => card("", prose(properties.markdown)),
  metric: metricWidget, log: logWidget, alarm: alarmWidget, explorer: explorerWidget,
};

// One widget of a dashboard, as an element.
export async function widget({ type, properties = {} }, minutes, view) {
  const draw = KINDS[type];
  if (draw === undefined) return card(properties.title ?? type, empty(`Widgets of type ${plain(type)} are not drawn.`));
  try {
    return await draw(properties, minutes, view);
  } catch (error) {
    return card(titled(properties), refused(error));
  }
}
