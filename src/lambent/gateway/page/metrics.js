// A function's metrics, from CloudWatch: counts, durations by percentile, concurrency, ages.

import { ask } from "./aws.js";
import { chart } from "./chart.js";
import { choice, h, put } from "./dom.js";
import { count, span } from "./text.js";

export const RANGES = [["15", "15 minutes"], ["60", "1 hour"], ["180", "3 hours"], ["1440", "1 day"], ["10080", "7 days"]];
const RARE = true; // shown only where there is something to show
const CHARTS = [
  ["Invocations", count, [["Invocations", "Sum", "all"], ["Errors", "Sum", "errors"], ["Throttles", "Sum", "throttles"]]],
  ["Duration", span, [["Duration", "p50", "p50"], ["Duration", "p90", "p90"], ["Duration", "p99", "p99"], ["Duration", "Maximum", "most"]]],
  ["Concurrency", count, [["ConcurrentExecutions", "Maximum", "most"], ["ConcurrentExecutions", "Average", "average"]]],
  ["Asynchronous events", count, [["AsyncEventsReceived", "Sum", "received"], ["AsyncEventsDropped", "Sum", "dropped"],
    ["DeadLetterErrors", "Sum", "dead-letter errors"], ["DestinationDeliveryFailures", "Sum", "undelivered"]]],
  ["Age of asynchronous events", span, [["AsyncEventAge", "p50", "p50"], ["AsyncEventAge", "p99", "p99"]]],
  ["Age of records from streams", span, [["IteratorAge", "p50", "p50"], ["IteratorAge", "Maximum", "most"]], RARE],
  ["Provisioned concurrency", count, [["ProvisionedConcurrencyInvocations", "Sum", "invocations"],
    ["ProvisionedConcurrencySpilloverInvocations", "Sum", "spilled over"]], RARE],
];

function queries(name, period) {
  return CHARTS.flatMap(([, , wanted], chartIndex) => wanted.map(([metric, statistic], index) => ({
    Id: `m${chartIndex}x${index}`,
    MetricStat: { Period: period, Stat: statistic, Metric: {
      Namespace: "AWS/Lambda", MetricName: metric, Dimensions: [{ Name: "FunctionName", Value: name }] } },
  })));
}

// The finest period, in seconds, that is still stored for so many minutes and gives a line worth looking at.
export function periodFor(minutes) {
  return minutes <= 180 ? 60 : minutes <= 1440 ? 300 : 3600;
}

// Points in ms, in order of time.
export function points(result) {
  const at = (time) => (typeof time === "number" ? time * 1000 : Date.parse(time));
  return (result?.Timestamps ?? []).map((time, index) => [at(time), result.Values[index]]).sort(([a], [b]) => a - b);
}

export function panel(place, name, view) {
  let minutes = 60;
  const body = h("div", { class: "charts" }, h("p", { class: "wait" }));

  async function draw() {
    const period = periodFor(minutes);
    const until = Math.ceil(Date.now() / 1000 / period) * period;
    const from = until - minutes * 60;
    const found = await ask("cloudwatch", "GetMetricData",
      { MetricDataQueries: queries(name, period), StartTime: from, EndTime: until }, view.signal);
    if (view.over || (body.querySelector("svg") && body.matches(":hover"))) return; // somebody reads figures under the pointer
    const byId = new Map(found.MetricDataResults.map((result) => [result.Id, result]));
    put(body, CHARTS.map(([title, shown, wanted, rare], chartIndex) => {
      const series = wanted.map(([, , label], index) => ({ label, points: points(byId.get(`m${chartIndex}x${index}`)) }));
      if (rare && series.every((line) => line.points.length === 0)) return null;
      return chart(title, series, { from: from * 1000, until: until * 1000, shown, gap: period * 1500 });
    }));
  }

  put(place, h("div", { class: "bar tight" },
    choice("Last", RANGES, String(minutes), (chosen) => { minutes = Number(chosen); draw(); })), body);
  return view.every(15, body, draw);
}
