// The events of a log group: searched with CloudWatch's filter patterns, paged, followed. Only what is in view is drawn.

import { ask } from "./aws.js";
import { choice, h, put, refused } from "./dom.js";
import { List } from "./list.js";
import { tone } from "./log_lines.js";
import { clock, count, moment, plain, pretty } from "./text.js";
import { calm } from "./view.js";

const PAGE = 2000;
const RECENT = 60_000; // ms: where following begins in a log that is too long to read to its end first
const RANGES = [["900000", "15 minutes"], ["3600000", "1 hour"], ["86400000", "1 day"], ["604800000", "7 days"], ["0", "everything"]];
const CLIPPED = 600; // characters of a line in the list: the rest is shown when it is opened

function row(event) {
  const text = plain(event.message.slice(0, CLIPPED).trimEnd()).replaceAll("\n", " ⏎ ");
  return [h("time", { class: "quiet", title: moment(event.timestamp) }, clock(event.timestamp)),
    h("span", { class: `message ${tone(event.message)}` }, text)];
}

export async function reader(place, group, view, stream = undefined) {
  let events = [];
  let asked = { pattern: "", since: 3_600_000 };
  let turn = 0;
  let next;
  let busy = false;
  let follow = false;
  const seen = new Set();
  const tally = h("span", { class: "quiet", "aria-live": "polite" });
  const said = h("div", {});
  const detail = h("div", { class: "detail", hidden: true });
  const list = new List({ row, height: 22, label: `Events of ${group}`, opened: open, ended: more });
  list.element.classList.add("lines");

  function open(event) {
    detail.hidden = false;
    put(detail, h("div", { class: "bar tight" }, h("strong", {}, moment(event.timestamp)), h("code", { class: "clip" }, event.logStreamName),
      h("span", { class: "spring" }), h("button", { onclick: () => { detail.hidden = true; } }, "Close")),
    h("pre", { tabindex: 0 }, plain(pretty(event.message.trimEnd()))));
  }

  function add(found) {
    const before = events.length;
    for (const event of found) {
      if (seen.has(event.eventId)) continue;
      seen.add(event.eventId);
      events.push(event);
    }
    return events.length - before;
  }

  async function page(params) {
    return ask("logs", "FilterLogEvents", {
      logGroupName: group, limit: PAGE, ...(stream ? { logStreamNames: [stream] } : {}),
      ...(asked.pattern ? { filterPattern: asked.pattern } : {}), ...params,
    }, view.signal);
  }

  const told = () => put(tally, `${count(events.length)}${next ? "+" : ""} events`);

  async function more() {
    if (busy || !next) return;
    await guarded(async (mine) => {
      const found = await page({ startTime: asked.from, nextToken: next });
      if (mine !== turn) return;
      next = found.nextToken;
      add(found.events);
    }, true);
    if (next && events.length === 0) more(); // a page may be empty before the last
  }

  async function guarded(work, grown) {
    busy = true;
    const mine = turn;
    try {
      await work(mine);
      if (mine !== turn) return;
      busy = false;
      put(said);
      list.show(events, { keep: grown });
      told();
    } catch (error) {
      if (mine === turn && !view.over) put(said, refused(error));
    } finally {
      if (mine === turn) busy = false;
    }
  }

  async function anew(since = asked.since) {
    turn += 1;
    [events, next] = [[], undefined];
    seen.clear();
    asked.from = since ? Date.now() - since : 0;
    detail.hidden = true;
    await guarded(async (mine) => {
      const found = await page({ startTime: asked.from });
      if (mine !== turn) return;
      next = found.nextToken;
      add(found.events);
    }, false);
    if (next && events.length === 0) await more();
  }

  async function latest() {
    if (!follow || busy || next) return;
    const mine = turn;
    const from = events.length ? events[events.length - 1].timestamp : asked.from;
    const found = await page({ startTime: from });
    if (mine !== turn || add(found.events) === 0) return;
    list.show(events, { keep: true });
    list.element.scrollTop = list.element.scrollHeight;
    told();
  }

  const search = h("input", {
    type: "search", class: "grow",
    placeholder: 'Filter pattern:  ERROR   "two words"   { $.level = "ERROR" }   %regex%',
    "aria-label": "Filter pattern",
    oninput: calm((event) => { asked.pattern = event.target.value.trim(); anew(); }, 300),
    onkeydown: (event) => { if (event.key === "ArrowDown") list.element.focus(); },
  });
  put(place, h("div", { class: "bar tight" }, search,
    choice("Since", RANGES, String(asked.since), (chosen) => { asked.since = Number(chosen); anew(); }),
    h("label", { class: "field" }, h("input", { type: "checkbox", onchange: (event) => {
      follow = event.target.checked;
      if (follow && next) anew(RECENT);
    } }), "Follow"),
    h("button", { onclick: () => anew() }, "Reload"), tally), said, list.element, detail);
  await anew();
  view.every(1, said, latest);
}
