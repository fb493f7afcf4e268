// Invocations as their REPORT lines tell them; one's log and trace side by side.

import { ask } from "./aws.js";
import { badge, empty, h, put, refused } from "./dom.js";
import { traceOf } from "./invoking.js";
import { List } from "./list.js";
import { forged, lines } from "./log_lines.js";
import { LogWindow } from "./log_window.js";
import { clock, count, moment, span } from "./text.js";
import { traceOfRequest, waterfall } from "./trace.js";

const REPORTS = '?"REPORT RequestId" ?"platform.report"';
const DAY = 86_400_000; // ms
const COLUMNS = [["Time", "when quiet"], ["Request", "grow"], ["Marks", "cell"], ["Duration", "cell small number"],
  ["Memory", "cell tiny number quiet wide"]];

// What a REPORT event says, in either format; null for a line that only looks like one.
function told(event) {
  if (forged(event)) return null;
  const text = event.message;
  if (text.startsWith("REPORT RequestId: ")) {
    const figure = (name) => text.match(new RegExp(`\t${name}: ([\\d.]+)`))?.[1];
    const status = text.match(/\tStatus: (\w+)/)?.[1];
    return shaped(event, text.match(/^REPORT RequestId: ([\w-]+)/)?.[1], figure("Duration"), figure("Init Duration"),
      figure("Max Memory Used"), status ?? "success");
  }
  try {
    const { type, record } = JSON.parse(text);
    if (type !== "platform.report") return null;
    const { durationMs, initDurationMs, maxMemoryUsedMB } = record.metrics;
    return shaped(event, record.requestId, durationMs, initDurationMs, maxMemoryUsedMB, record.status);
  } catch {
    return null;
  }
}

const known = new WeakMap(); // what was read once of an event that is held

function toldOnce(event) {
  if (!known.has(event)) known.set(event, told(event));
  return known.get(event);
}

function shaped(event, request, duration, init, memory, status) {
  const number = (value) => (value === undefined ? undefined : Number(value));
  return { at: event.timestamp, stream: event.logStreamName, request, status, trace: traceOf(event.message),
    duration: number(duration), init: number(init), memory: number(memory) };
}

function row(one) {
  const marks = [one.init === undefined ? null : badge("cold", "cool"), one.status === "success" ? null : badge(one.status, "bad")];
  return [h("time", { title: moment(one.at) }, clock(one.at)), h("code", {}, one.request), marks, span(one.duration), `${one.memory} MB`];
}

// The lines between an invocation's START and its REPORT, of one stream.
async function logOf(one, group, view) {
  const from = Math.floor(one.at - one.duration - (one.init ?? 0) - 2000);
  const found = await ask("logs", "FilterLogEvents",
    { logGroupName: group, logStreamNames: [one.stream], startTime: from, endTime: one.at + 1, limit: 10000 }, view.signal);
  const its = (event, kind) => !forged(event) && event.message.includes(one.request) && kind.test(event.message);
  const first = found.events.findIndex((event) => its(event, /^START |platform\.start"/));
  const last = found.events.findLastIndex((event) => its(event, /^REPORT |platform\.report"/));
  return found.events.slice(Math.max(0, first), last + 1 || undefined)
    .map((event) => `${forged(event) ? "(not the platform's) " : ""}${event.message.replace(/\n$/, "")}`).join("\n");
}

// Its trace, named by its REPORT line or found by its request.
async function traced(place, one, name, view) {
  const until = one.at / 1000;
  const from = until - (one.duration + (one.init ?? 0)) / 1000;
  try {
    const id = one.trace ?? await traceOfRequest(one.request, name, Math.floor(from - 2), Math.ceil(until + 1), view);
    if (place.isConnected) await waterfall(place, id, view);
  } catch (error) {
    if (!view.over) put(place, refused(error));
  }
}

export async function panel(place, name, group, view) {
  const side = h("section", { class: "card result" }, empty("Choose one to see its log and its trace."));
  const tally = h("span", { class: "quiet", "aria-live": "polite" });
  const said = h("div", {});
  const held = new LogWindow({ group, pattern: REPORTS, from: Date.now() - DAY }, view.signal);
  let shown;
  let busy = false;
  let missed = false;

  async function open(one) {
    shown = one;
    const [log, trace] = [h("div", {}, "…"), h("div", {})];
    put(side, h("div", { class: "bar tight" }, h("code", {}, one.request), h("span", { class: "quiet" }, moment(one.at))),
      h("div", { class: "columns" }, h("section", {}, h("h2", { class: "label" }, "Log"), log), h("section", {}, h("h2", { class: "label" }, "Trace"), trace)));
    traced(trace, one, name, view);
    try {
      const text = await logOf(one, group, view);
      if (shown === one) put(log, lines(text));
    } catch (error) {
      if (!view.over) put(log, refused(error));
    }
  }

  const list = new List({ columns: COLUMNS, row, height: 32, label: "Invocations", opened: open, ended: () => read(() => held.older(), false) });
  put(place, h("div", { class: "bar tight" }, h("strong", {}, "Last day"), tally), said, h("div", { class: "split" }, list.element, side));

  // The newest are first here: what is read newer than they are goes above, and whoever reads farther down stays there.
  async function read(some, newer) {
    missed = busy;
    if (busy || view.over) return;
    busy = true;
    try {
      const came = await some();
      if (came > 0 || list.items.length === 0) draw(newer);
    } catch (error) {
      if (!view.over) put(said, refused(error));
    }
    busy = false;
    if (missed) list.draw(true); // its end may have come into view meanwhile
  }

  function draw(newer) {
    const items = held.events.map(toldOnce).filter((one) => one !== null).reverse();
    const above = newer && list.element.scrollTop > 0 ? items.length - list.items.length : 0;
    list.show(items, { keep: true, above });
    put(tally, items.length === 0 ? "none yet" : `${count(items.length)}${held.complete ? "" : "+"}`);
  }

  await read(() => held.older(), false);
  view.every(2, said, () => read(() => held.newer(), true));
}
