// Alarms: their states now; one with what it watches, its threshold, and its history.

import { ask, pages } from "./aws.js";
import { chart } from "./chart.js";
import { badge, choice, crumb, empty, facts, h, heading, link, put, refused, table, tile } from "./dom.js";
import { RANGES, periodFor, points } from "./metrics.js";
import { morph } from "./morph.js";
import { all } from "./sections.js";
import { count, moment, plain } from "./text.js";

const TONES = { OK: "good", ALARM: "bad", INSUFFICIENT_DATA: "quiet" };
const WORDS = { OK: "OK", ALARM: "in alarm", INSUFFICIENT_DATA: "no data" };
const SIGNS = { GreaterThanThreshold: ">", GreaterThanOrEqualToThreshold: "≥", LessThanThreshold: "<", LessThanOrEqualToThreshold: "≤" };
const HOUR = 3600; // seconds
export const ALARM_TYPES = ["MetricAlarm", "CompositeAlarm"];

export function state(alarm) {
  return badge(WORDS[alarm.StateValue] ?? alarm.StateValue, TONES[alarm.StateValue]);
}

// Times come as seconds or as texts.
export function at(time) {
  return typeof time === "number" ? time * 1000 : Date.parse(time);
}

// In one line, what an alarm watches.
export function rule(alarm) {
  if (alarm.AlarmRule) return plain(alarm.AlarmRule);
  const what = alarm.MetricName ? `${alarm.ExtendedStatistic ?? alarm.Statistic} of ${alarm.MetricName}` : "an expression";
  return plain(`${what} ${SIGNS[alarm.ComparisonOperator] ?? alarm.ComparisonOperator} ${alarm.Threshold}, ${
    alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods} of ${alarm.EvaluationPeriods} × ${alarm.Period ?? "?"} s`);
}

// All alarms, or those of some names.
export async function alarmsOf(names, signal) {
  const found = [];
  let next;
  do {
    const page = await ask("cloudwatch", "DescribeAlarms", {
      AlarmTypes: ALARM_TYPES, ...(names ? { AlarmNames: names } : {}), ...(next ? { NextToken: next } : {}) }, signal);
    found.push(...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? []));
    next = page.NextToken;
  } while (next);
  return found;
}

// The chart of what a metric alarm watches, with its threshold.
export async function drawing(alarm, minutes, view, title = undefined) {
  const period = Math.max(alarm.Period ?? 60, periodFor(minutes));
  const until = Math.ceil(Date.now() / 1000 / period) * period;
  const from = until - minutes * 60;
  const metric = { Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions };
  const queries = alarm.Metrics?.length ? alarm.Metrics
    : [{ Id: "m1", MetricStat: { Metric: metric, Period: period, Stat: alarm.ExtendedStatistic ?? alarm.Statistic } }];
  const found = await ask("cloudwatch", "GetMetricData", { MetricDataQueries: queries, StartTime: from, EndTime: until }, view.signal);
  const series = found.MetricDataResults.map((result) => ({ label: plain(result.Label), points: points(result) }));
  return chart(title ?? plain(alarm.MetricName ?? alarm.AlarmName), series, {
    from: from * 1000, until: until * 1000, shown: count, gap: period * 1500, marks: [{ value: alarm.Threshold, label: "threshold" }] });
}

function rows(found) {
  const rank = (alarm) => ["ALARM", "INSUFFICIENT_DATA", "OK"].indexOf(alarm.StateValue);
  return [...found].sort((a, b) => rank(a) - rank(b) || (a.AlarmName < b.AlarmName ? -1 : 1)).map((alarm) => [
    { key: alarm.AlarmArn, cell: link(plain(alarm.AlarmName), "alarms", alarm.AlarmName) }, state(alarm), rule(alarm),
    alarm.ActionsEnabled ? count((alarm.AlarmActions ?? []).length) : "off", moment(at(alarm.StateUpdatedTimestamp))]);
}

async function listing(place, view) {
  const body = h("div", {}, h("p", { class: "wait" }));
  put(place, heading("Alarms"), body);
  await view.every(5, body, async () => {
    const found = await alarmsOf(undefined, view.signal);
    if (view.over) return;
    const tally = (value) => found.filter((alarm) => alarm.StateValue === value).length;
    morph(body, found.length === 0 ? h("div", { class: "card" }, empty("No alarms: aws cloudwatch put-metric-alarm makes one."))
      : [h("div", { class: "tiles" }, Object.keys(TONES).map((value) => tile(count(tally(value)), WORDS[value], tally(value) ? TONES[value] : ""))),
        table(["Alarm", "State", "When", "Actions", "Since"], rows(found), [3])]);
  });
}

function actions({ AlarmActions: arns = [] }) {
  return arns.length === 0 ? "none" : arns.map((arn) => h("div", {}, h("code", {}, plain(arn))));
}

async function history(name, signal) {
  const found = await all(pages("cloudwatch", "DescribeAlarmHistory", "AlarmHistoryItems",
    { AlarmName: name, MaxRecords: 100, AlarmTypes: ALARM_TYPES }, signal, "NextToken"));
  return found.length === 0 ? h("p", { class: "empty" }, "Nothing yet.") : table(["Time", "Kind", "What"], found.map((item) => [
    moment(at(item.Timestamp)), plain(item.HistoryItemType), plain(item.HistorySummary)]));
}

async function one(place, name, view) {
  let minutes = 180;
  const [told, drawn, past] = [h("section", { class: "card" }), h("div", {}), h("div", {}, h("p", { class: "wait" }))];
  put(place, h("div", { class: "bar" }, crumb("Alarms", "alarms"), h("h1", {}, plain(name)), h("span", { class: "spring" }),
    choice("Last", RANGES, String(minutes), (chosen) => { minutes = Number(chosen); look(); })),
  h("div", { class: "columns" }, told, drawn), h("h2", {}, "History"), past);
  async function look() {
    const [alarm] = await alarmsOf([name], view.signal);
    if (view.over) return;
    if (!alarm) {
      put(told, empty("There is no such alarm."));
      return;
    }
    morph(told, facts([["State", state(alarm)], ["Since", moment(at(alarm.StateUpdatedTimestamp))], ["Why", plain(alarm.StateReason)],
      ["When", rule(alarm)], ["Namespace", plain(alarm.Namespace)],
      ["Dimensions", (alarm.Dimensions ?? []).map(({ Name: key, Value: value }) => plain(`${key}=${value}`)).join(", ")],
      ["Missing data", alarm.TreatMissingData], ["Actions", alarm.ActionsEnabled ? actions(alarm) : "off"],
      ["Description", plain(alarm.AlarmDescription)]]));
    try {
      if (!alarm.AlarmRule && !(drawn.firstChild && drawn.matches(":hover"))) put(drawn, await drawing(alarm, minutes, view));
      if (!view.over) morph(past, await history(name, view.signal));
    } catch (error) {
      if (!view.over) put(past, refused(error));
    }
  }
  await view.every(10, told, look);
}

export function show(place, [name], view) {
  return name === undefined ? listing(place, view) : one(place, name, view);
}
