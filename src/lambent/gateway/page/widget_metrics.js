// Metric widgets of dashboards: what their lines mean, and how their figures are drawn.

import { ask } from "./aws.js";
import { alarmsOf, drawing } from "./alarms.js";
import { chart } from "./chart.js";
import { empty, h, table } from "./dom.js";
import { periodFor, points } from "./metrics.js";
import { count, plain } from "./text.js";

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
export function titled({ title, metrics = [] }) {
  return plain(title ?? [...new Set(lines(metrics).map(({ names }) => names[1]).filter(Boolean))].join(", "));
}

// A bar for each: [label, figure].
export function bars(pairs) {
  const most = Math.max(...pairs.map(([, value]) => value), 0) || 1;
  return h("div", { class: "bars" }, pairs.map(([label, value], index) => {
    const bar = h("span", { class: `span s${index % 6}` });
    bar.style.width = `${(100 * Math.max(0, value)) / most}%`;
    return [h("span", { class: "clip", title: label }, label), h("span", { class: "track" }, bar), h("span", { class: "number" }, count(value))];
  }));
}

// Figures that stand for a whole series: the last of each.
function latest(series) {
  return series.filter(({ points: all }) => all.length > 0).map(({ label, points: all }) => [label, all.at(-1)[1]]);
}

const VIEWS = {
  singleValue: (series) => h("div", { class: "values" }, latest(series).map(([label, value]) => h("div", {}, h("b", {}, count(value)), h("span", { class: "quiet" }, label)))),
  bar: (series) => bars(latest(series)),
  pie: (series) => bars(latest(series)),
  gauge: (series, { yAxis }) => h("div", {}, VIEWS.singleValue(series),
    yAxis?.left?.max === undefined ? null : bars(latest(series).map(([label, value]) => [`${label} of ${yAxis.left.max}`, value]))),
  table: (series) => table(["Metric", "Least", "Most", "Last"], series.map(({ label, points: all }) => {
    const values = all.map(([, value]) => value);
    return [label, ...(values.length ? [Math.min(...values), Math.max(...values), values.at(-1)].map(count) : ["–", "–", "–"])];
  }), [1, 2, 3]),
};

// The names of what `annotations` draw across.
function marks({ annotations }) {
  return (annotations?.horizontal ?? []).flat().filter(({ value }) => Number.isFinite(value)).map(({ value, label }) => ({ value, label: label ?? "" }));
}

export async function metricWidget(properties, minutes, view) {
  const watched = properties.annotations?.alarms ?? [];
  if (!properties.metrics?.length && watched.length > 0) {
    const [alarm] = await alarmsOf([watched[0].split(":alarm:").pop()], view.signal);
    return alarm ? drawing(alarm, minutes, view, properties.title && plain(properties.title)) : empty("There is no such alarm.");
  }
  const period = Math.max(properties.period ?? 0, periodFor(minutes));
  const until = Math.ceil(Date.now() / 1000 / period) * period;
  const from = until - minutes * 60;
  const queries = lines(properties.metrics ?? []).map((line, index) => query(line, index, properties, period));
  const found = await ask("cloudwatch", "GetMetricData", { MetricDataQueries: queries, StartTime: from, EndTime: until }, view.signal);
  const series = found.MetricDataResults.map((result) => ({ label: plain(result.Label), points: points(result) }));
  const figures = VIEWS[properties.view];
  if (figures) return h("section", { class: "card" }, h("h2", { class: "label" }, titled(properties)), series.some((one) => one.points.length) ? figures(series, properties) : empty("No data."));
  return chart(titled(properties), series, { from: from * 1000, until: until * 1000, shown: count, gap: period * 1500, marks: marks(properties) });
}
