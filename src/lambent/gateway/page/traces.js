// Traces of the last time, found by X-Ray's filter expressions; one as a waterfall.

import { xray } from "./aws.js";
import { badge, choice, empty, h, heading, put, refused } from "./dom.js";
import { List } from "./list.js";
import { clock, count, moment, plain, span } from "./text.js";
import { waterfall } from "./trace.js";
import { calm } from "./view.js";

const RANGES = [["15", "15 minutes"], ["60", "1 hour"], ["360", "6 hours"], ["1440", "1 day"]];
const COLUMNS = [["Time", "when quiet"], ["Entry", "grow"], ["Result", "cell"], ["Took", "cell small number"]];
const MOST = 5000;

function begun(summary) {
  return summary.StartTime === undefined ? parseInt(summary.Id.split("-")[1], 16) * 1000
    : typeof summary.StartTime === "number" ? summary.StartTime * 1000 : Date.parse(summary.StartTime);
}

function row(summary) {
  const marks = [summary.HasFault ? badge("fault", "bad") : null, summary.HasError ? badge("error", "warn") : null,
    summary.HasThrottle ? badge("throttled", "warn") : null, summary.IsPartial ? badge("partial") : null];
  const names = (summary.ServiceIds ?? []).map((service) => service.Name);
  return [h("time", { title: moment(begun(summary)) }, clock(begun(summary))), plain(summary.EntryPoint?.Name ?? names[0] ?? summary.Id), marks,
    span((summary.Duration ?? summary.ResponseTime ?? 0) * 1000)];
}

export async function show(place, [chosen], view) {
  const asked = { minutes: 60, filter: "" };
  const side = h("section", { class: "card result" }, empty("Choose one to see where its time went."));
  const [said, tally] = [h("div", {}), h("span", { class: "quiet", "aria-live": "polite" })];
  let turn = 0;

  function open(id) {
    const body = h("div", {});
    put(side, h("div", { class: "bar tight" }, h("code", {}, plain(id))), body);
    waterfall(body, id, view);
  }

  const list = new List({ columns: COLUMNS, row, height: 32, label: "Traces", opened: (summary) => open(summary.Id) });

  async function load() {
    turn += 1;
    const mine = turn;
    const until = Math.ceil(Date.now() / 1000);
    const found = [];
    let next;
    put(said);
    try {
      do {
        const page = await xray("/TraceSummaries", { StartTime: until - asked.minutes * 60, EndTime: until,
          ...(asked.filter ? { FilterExpression: asked.filter } : {}), ...(next ? { NextToken: next } : {}) }, view.signal);
        found.push(...page.TraceSummaries);
        next = page.NextToken;
      } while (next && found.length < MOST && mine === turn);
      if (mine !== turn || view.over) return;
      list.show(found.sort((a, b) => begun(b) - begun(a)));
      put(tally, found.length === 0 ? "none" : `${count(found.length)}${next ? "+" : ""}`);
    } catch (error) {
      if (mine === turn && !view.over) put(said, refused(error));
    }
  }

  put(place, heading("Traces", tally, h("span", { class: "spring" }),
    h("input", { type: "search", "aria-label": "Filter expression", placeholder: 'fault = true AND responsetime > 0.5  ( / )',
      oninput: calm((event) => { asked.filter = event.target.value.trim(); load(); }, 400) }),
    choice("Last", RANGES, String(asked.minutes), (value) => { asked.minutes = Number(value); load(); }),
    h("button", { onclick: () => load() }, "Reload")), said, h("div", { class: "panel" }, h("div", { class: "split" }, list.element, side)));
  if (chosen) open(chosen);
  await load();
}
