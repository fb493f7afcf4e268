// CloudWatch dashboards: their metric widgets as charts, their texts as text. What else they hold is named.

import { ask, pages } from "./aws.js";
import { chart } from "./chart.js";
import { choice, h, put, refused, table, to } from "./dom.js";
import { RANGES, periodFor, points } from "./metrics.js";
import { bytes, count, plain } from "./text.js";

// A widget's metrics in full. In a dashboard "." stands for what the line above has at that place, "..." for all that it
// has up to the last of them.
export function lines(metrics) {
  let above = [];
  return metrics.map((line) => {
    const last = line[line.length - 1];
    const options = typeof last === "object" && last !== null ? last : {};
    const given = line.filter((part) => typeof part === "string");
    const rest = given.slice(given[0] === "..." ? 1 : 0);
    const whole = given[0] === "..." ? [...above.slice(0, above.length - rest.length), ...rest] : given;
    const names = whole.map((part, index) => (part === "." ? above[index] : part));
    if (names.length > 0) above = names;
    return { names, options };
  });
}

// One line as GetMetricData wants it.
function query({ names, options }, index, { stat = "Average" }, period) {
  const common = { Id: options.id ?? `line${index}`, ReturnData: options.visible !== false };
  if (options.expression) return { ...common, Label: options.label, Expression: options.expression, Period: period };
  const [namespace, name, ...pairs] = names;
  const label = options.label ?? [...pairs.slice(-1), name].join(" ");
  const dimensions = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) dimensions.push({ Name: pairs[at], Value: pairs[at + 1] });
  const metric = { Namespace: namespace, MetricName: name, Dimensions: dimensions };
  return { ...common, Label: label, MetricStat: { Metric: metric, Stat: options.stat ?? stat, Period: period } };
}

// A title as a dashboard says it, else the names of its metrics.
function titled({ title, metrics }) {
  return plain(title ?? [...new Set(lines(metrics).map(({ names }) => names[1]).filter(Boolean))].join(", "));
}

async function drawn({ type, properties = {} }, minutes, view) {
  if (type === "text") return h("section", { class: "card" }, h("pre", {}, plain(properties.markdown)));
  if (type !== "metric" || !Array.isArray(properties.metrics)) {
    return h("section", { class: "card" }, h("h3", {}, plain(properties.title ?? type)),
      h("p", { class: "empty" }, `Widgets of type ${plain(type)} are not drawn.`));
  }
  const period = Math.max(properties.period ?? 0, periodFor(minutes));
  const until = Math.ceil(Date.now() / 1000 / period) * period;
  const from = until - minutes * 60;
  const queries = lines(properties.metrics).map((line, index) => query(line, index, properties, period));
  try {
    const found = await ask("cloudwatch", "GetMetricData", { MetricDataQueries: queries, StartTime: from, EndTime: until }, view.signal);
    const series = found.MetricDataResults.map((result) => ({ label: plain(result.Label), points: points(result) }));
    return chart(titled(properties), series, { from: from * 1000, until: until * 1000, shown: count, gap: period * 1500 });
  } catch (error) {
    return h("section", { class: "card" }, h("h3", {}, titled(properties)), refused(error)); // leaves the others
  }
}

async function listing(place, view) {
  const rows = [];
  for await (const page of pages("cloudwatch", "ListDashboards", "DashboardEntries", {}, view.signal, "NextToken")) {
    rows.push(...page.map((one) => [h("a", { href: to("dashboards", one.DashboardName) }, plain(one.DashboardName)), bytes(one.Size)]));
  }
  if (view.over) return;
  put(place, h("div", { class: "bar" }, h("h1", {}, "Dashboards")), rows.length > 0 ? table(["Name", "Size"], rows, [1])
    : h("p", { class: "empty" }, "No dashboards: aws cloudwatch put-dashboard makes one."));
}

export async function show(place, [name], view) {
  if (name === undefined) {
    await listing(place, view);
    return;
  }
  const { DashboardBody: text } = await ask("cloudwatch", "GetDashboard", { DashboardName: name }, view.signal);
  const { widgets } = JSON.parse(text);
  let minutes = 180;
  const body = h("div", { class: "charts" });
  async function draw() {
    const found = await Promise.all(widgets.map((widget) => drawn(widget, minutes, view)));
    if (!view.over && !body.matches(":hover")) put(body, found);
  }
  put(place, h("div", { class: "bar" }, h("a", { href: to("dashboards"), class: "quiet" }, "Dashboards /"), h("h1", {}, plain(name)),
    h("span", { class: "spring" }), choice("Range", RANGES, String(minutes), (chosen) => { minutes = Number(chosen); draw(); })), body);
  await view.every(10, body, draw);
}
