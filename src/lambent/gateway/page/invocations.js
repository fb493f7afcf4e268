// Invocations as their REPORT lines tell them; one's log and trace side by side.

import { ask, traceOf } from "./aws.js";
import { badge, h, put, refused } from "./dom.js";
import { List } from "./list.js";
import { lines } from "./log_lines.js";
import { clock, count, moment, span } from "./text.js";
import { traceOfRequest, waterfall } from "./trace.js";

const REPORTS = '?"REPORT RequestId" ?"platform.report"';
const PAGE = 1000;

// What a REPORT event says, in either format; null for a line that only looks like one.
function told(event) {
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

function shaped(event, request, duration, init, memory, status) {
  const number = (value) => (value === undefined ? undefined : Number(value));
  return { at: event.timestamp, stream: event.logStreamName, request, status, trace: traceOf(event.message),
    duration: number(duration), init: number(init), memory: number(memory) };
}

function row(one) {
  return [h("time", { class: "quiet", title: moment(one.at) }, clock(one.at)), h("code", { class: "grow clip" }, one.request),
    one.init === undefined ? null : badge("cold", "warn"), one.status === "success" ? null : badge(one.status, "bad"),
    h("span", { class: "cell small number" }, span(one.duration)), h("span", { class: "cell small number quiet" }, `${one.memory} MB`)];
}

// The lines between an invocation's START and its REPORT, of one stream.
async function logOf(one, group, view) {
  const from = Math.floor(one.at - one.duration - (one.init ?? 0) - 2000);
  const found = await ask("logs", "FilterLogEvents",
    { logGroupName: group, logStreamNames: [one.stream], startTime: from, endTime: one.at + 1, limit: 10000 }, view.signal);
  const texts = found.events.map((event) => event.message.replace(/\n$/, ""));
  const own = (text) => text.includes(one.request);
  const first = texts.findIndex((text) => own(text) && /^START |platform\.start"/.test(text));
  const last = texts.findLastIndex((text) => own(text) && /^REPORT |platform\.report"/.test(text));
  return texts.slice(Math.max(0, first), last + 1 || undefined).join("\n");
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
  const side = h("section", { class: "card result" }, h("p", { class: "empty" }, "Choose one to see its log and its trace."));
  const tally = h("span", { class: "quiet" });
  let shown;

  async function open(one) {
    shown = one;
    const [log, trace] = [h("div", {}, "…"), h("div", {})];
    put(side, h("div", { class: "bar tight" }, h("code", {}, one.request), h("span", { class: "quiet" }, moment(one.at))),
      h("div", { class: "columns" }, h("section", {}, h("h3", {}, "Log"), log), h("section", {}, h("h3", {}, "Trace"), trace)));
    traced(trace, one, name, view);
    try {
      const text = await logOf(one, group, view);
      if (shown === one) put(log, lines(text));
    } catch (error) {
      if (!view.over) put(log, refused(error));
    }
  }

  const list = new List({ row, height: 30, label: "Invocations", opened: open });
  put(place, h("div", { class: "bar tight" }, h("strong", {}, "Last day"), tally, h("span", { class: "spring" }),
    h("button", { onclick: () => load() }, "Reload")), h("div", { class: "split" }, list.element, side));

  async function load() {
    const all = [];
    const from = Date.now() - 86_400_000;
    let next;
    do {
      const found = await ask("logs", "FilterLogEvents",
        { logGroupName: group, filterPattern: REPORTS, startTime: from, limit: PAGE, ...(next ? { nextToken: next } : {}) }, view.signal);
      for (const event of found.events) {
        const one = told(event);
        if (one !== null) all.push(one);
      }
      next = found.nextToken;
      put(tally, `${count(all.length)}${next ? "…" : ""}`);
    } while (next && !view.over);
    list.show(all.sort((a, b) => b.at - a.at));
  }
  await load();
}
