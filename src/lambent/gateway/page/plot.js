// Metrics of any kind: what there is, by namespace; those that are chosen in one chart, with the statistic that is asked for.

import { ask, pages } from "./aws.js";
import { chart } from "./chart.js";
import { choice, empty, h, heading, put, refused } from "./dom.js";
import { List } from "./list.js";
import { RANGES, periodFor, points } from "./metrics.js";
import { count, plain } from "./text.js";
import { calm } from "./view.js";

const STATISTICS = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99", "p99.9", "tm99"];
const COLUMNS = [["✓", "tick"], ["Metric", "grow strong"], ["Dimensions", "grow quiet"], ["Namespace", "cell quiet wide broad"]];
const MOST = 20; // lines in a chart

function dimensions(metric) {
  return plain((metric.Dimensions ?? []).map(({ Name: name, Value: value }) => `${name}=${value}`).join(", "));
}

export async function show(place, _rest, view) {
  const asked = { minutes: 60, stat: "Average" };
  const [found, chosen] = [[], new Set()];
  let words = [];
  const [drawing, tally, said] = [h("div", { class: "drawing" }), h("span", { class: "quiet", "aria-live": "polite" }), h("div", {})];
  const row = (metric) => [chosen.has(metric) ? "✓" : "", plain(metric.MetricName), dimensions(metric), plain(metric.Namespace)];
  const list = new List({ columns: COLUMNS, row, height: 30, label: "Metrics", opened: (metric) => {
    if (!chosen.delete(metric) && chosen.size < MOST) chosen.add(metric);
    list.draw(true);
    draw();
  } });

  function filter(grown) {
    const text = (metric) => `${metric.Namespace} ${metric.MetricName} ${dimensions(metric)}`.toLowerCase();
    const fit = found.filter((metric) => words.every((word) => text(metric).includes(word)));
    list.show(fit, { keep: grown });
    put(tally, count(fit.length));
  }

  async function draw() {
    if (chosen.size === 0) {
      put(drawing, h("div", { class: "card" }, empty("Choose metrics below: they are drawn here.")));
      return;
    }
    const period = periodFor(asked.minutes);
    const until = Math.ceil(Date.now() / 1000 / period) * period;
    const from = until - asked.minutes * 60;
    const queries = [...chosen].map((metric, index) => ({ Id: `m${index}`, Label: [metric.MetricName, dimensions(metric)].join(" "),
      MetricStat: { Metric: metric, Period: period, Stat: asked.stat } }));
    try {
      const { MetricDataResults: results } = await ask("cloudwatch", "GetMetricData", { MetricDataQueries: queries, StartTime: from, EndTime: until }, view.signal);
      put(said);
      put(drawing, chart(`${asked.stat}, by ${period / 60} min`, results.map((result) => ({ label: plain(result.Label), points: points(result) })),
        { from: from * 1000, until: until * 1000, shown: count, gap: period * 1500, wide: true }));
    } catch (error) {
      if (!view.over) put(said, refused(error));
    }
  }

  put(place, heading("Metrics", tally, h("span", { class: "spring" }),
    h("input", { type: "search", "aria-label": "Search metrics", placeholder: "Search namespace, name, dimension  ( / )",
      oninput: calm((event) => { words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean); filter(false); }, 80) }),
    choice("Statistic", STATISTICS.map((name) => [name, name]), asked.stat, (value) => { asked.stat = value; draw(); }),
    choice("Last", RANGES, String(asked.minutes), (value) => { asked.minutes = Number(value); draw(); })), said, drawing, list.element);
  draw();
  for await (const page of pages("cloudwatch", "ListMetrics", "Metrics", {}, view.signal, "NextToken")) {
    found.push(...page);
    filter(true);
  }
  view.every(30, said, async () => { if (!drawing.matches(":hover")) await draw(); });
}
