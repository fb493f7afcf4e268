// Logs Insights: a query over log groups, what it gives as a table or as lines, and when its events were.

import { ask, pages } from "./aws.js";
import { chart } from "./chart.js";
import { choice, empty, h, heading, link, put, refused } from "./dom.js";
import { histogram } from "./histogram.js";
import { name as asks } from "./naming.js";
import { counting, query, series } from "./query.js";
import { results } from "./results.js";
import { save, saved } from "./session.js";
import { all } from "./sections.js";
import { bytes, count, plain, span } from "./text.js";

const RANGES = [["15", "15 minutes"], ["60", "1 hour"], ["360", "6 hours"], ["1440", "1 day"], ["10080", "7 days"], ["43200", "30 days"]];
const BINS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 21600, 86400]; // seconds
const PILLARS = 120;
const EXAMPLES = [
  ["Latest events", "fields @timestamp, @message\n| sort @timestamp desc\n| limit 200"],
  ["Errors", "fields @timestamp, @message, @logStream\n| filter @message like /(?i)(error|exception|timed out)/\n| sort @timestamp desc\n| limit 200"],
  ["Slowest invocations", "filter @type = \"REPORT\"\n| fields @timestamp, @requestId, @duration, @maxMemoryUsed / 1000000 as memoryMB\n| sort @duration desc\n| limit 50"],
  ["Latency by minute", "filter @type = \"REPORT\"\n| stats avg(@duration), pct(@duration, 95), max(@duration) by bin(1m)"],
  ["Cold starts by hour", "filter @type = \"REPORT\"\n| stats count(@initDuration) as cold, count(*) as invocations by bin(1h)"],
  ["Memory that is not used", "filter @type = \"REPORT\"\n| stats max(@memorySize / 1000000) as givenMB, max(@maxMemoryUsed / 1000000) as mostMB, givenMB - mostMB as spareMB"],
  ["Patterns of what is said", "pattern @message"],
  ["Lines by stream", "stats count(*) as lines by @logStream\n| sort lines desc\n| limit 50"],
];

// Seconds of a pillar, so that no more than so many stand in the range.
function binFor(minutes) {
  return BINS.find((seconds) => (minutes * 60) / seconds <= PILLARS) ?? BINS.at(-1);
}

export async function show(place, [given], view) {
  const groups = (await all(pages("logs", "DescribeLogGroups", "logGroups", {}, view.signal)).catch((error) => {
    if (!given) throw error;
    return [{ logGroupName: given }]; // who may not list groups may still query this one
  })).map((group) => group.logGroupName);
  if (view.over) return;
  let minutes = 60;
  let running = null;
  const chosen = new Set(given ? [given] : saved("insights.groups", []).filter((group) => groups.includes(group)));
  const editor = h("textarea", {
    class: "editor", rows: 5, spellcheck: "false", "aria-label": "Query", value: saved("insights.query", EXAMPLES[0][1]),
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(); },
  });
  const [drawing, answer, tally] = [h("div", {}), h("div", { class: "panel" }), h("span", { class: "quiet", "aria-live": "polite" })];
  const button = h("button", { class: "main", title: "Ctrl Enter", onclick: () => (running ? running.abort() : run()) }, "Run");
  const picker = h("div", { class: "field" });

  async function run() {
    if (running || view.over) return;
    save("insights.query", editor.value);
    save("insights.groups", [...chosen]);
    if (chosen.size === 0) {
      put(answer, h("div", { class: "card" }, empty("Choose a log group first.")));
      return;
    }
    running = new AbortController();
    const signal = AbortSignal.any([running.signal, view.signal]);
    const [until, begun] = [Date.now() + 1000, performance.now()];
    const range = [[...chosen], until - minutes * 60_000, until];
    button.textContent = "Stop";
    put(drawing);
    put(answer, h("p", { class: "wait" }));
    try {
      const found = await query(range[0], editor.value, range[1], range[2], signal, (so) => put(tally, `${count(so.recordsScanned)} events read…`));
      if (view.over) return;
      put(tally, `${count(found.rows.length)} results · ${count(found.statistics.recordsMatched)} of ${count(found.statistics.recordsScanned)} events matched · ${
        bytes(found.statistics.bytesScanned)} · ${span(performance.now() - begun)}`);
      put(answer, results(found));
      await draw(found, range, signal);
    } catch (error) {
      if (view.over) return;
      put(tally, "");
      put(answer, error.name === "AbortError" ? h("div", { class: "card" }, empty("Stopped.")) : refused(error));
    } finally {
      running = null;
      button.textContent = "Run";
    }
  }

  // The lines of results by time; of others, how many events they looked at and when.
  async function draw(found, [names, from, until], signal) {
    const bin = binFor(minutes);
    const lines = series(found);
    if (lines !== null) {
      put(drawing, chart("Results", lines.map(({ label, points }) => ({ label: plain(label), points })), { from, until, shown: count, gap: Infinity, wide: true }));
      return;
    }
    const counted = await query(names, counting(editor.value, bin), from, until, signal);
    const [points = []] = (series(counted) ?? []).map((line) => line.points);
    if (!view.over) put(drawing, histogram("Events that matched, over time", points, { from, until, step: bin * 1000 }));
  }

  async function pick() {
    const own = await all(pages("logs", "DescribeQueryDefinitions", "queryDefinitions", {}, view.signal)).catch(() => []);
    const options = [["", "Load a query…"], ...own.map((one) => [`own ${one.queryDefinitionId}`, `★ ${plain(one.name)}`]),
      ...EXAMPLES.map(([title]) => [`all ${title}`, title])];
    put(picker, choice("", options, "", (value) => {
      const [kind, label] = [value.slice(0, 3), value.slice(4)];
      const mine = own.find((one) => one.queryDefinitionId === label);
      if (value) editor.value = kind === "own" ? mine.queryString : EXAMPLES.find(([title]) => title === label)[1];
      for (const group of mine?.logGroupNames ?? []) chosen.add(group);
      list();
      editor.focus();
    }));
    picker.querySelector("select").setAttribute("aria-label", "Saved and example queries");
  }

  async function keep() {
    const label = await asks("Save this query as");
    if (!label) return;
    try {
      await ask("logs", "PutQueryDefinition", { name: label, queryString: editor.value, logGroupNames: [...chosen] }, view.signal);
      await pick();
    } catch (error) {
      if (!view.over) put(answer, refused(error));
    }
  }

  const marks = h("div", { class: "chips" });
  const adder = h("input", {
    list: "groups", placeholder: "Add a log group", "aria-label": "Add a log group", class: "adder", spellcheck: "false",
    onchange: (event) => {
      if (groups.includes(event.target.value)) chosen.add(event.target.value);
      event.target.value = "";
      list();
    },
  });
  function list() {
    put(marks, [...chosen].map((group) => h("span", { class: "chip" }, h("span", { class: "clip", title: plain(group) }, plain(group)),
      h("button", { class: "link", "aria-label": `Without ${plain(group)}`, onclick: () => { chosen.delete(group); list(); adder.focus(); } }, "×"))),
    adder, h("datalist", { id: "groups" }, groups.filter((group) => !chosen.has(group)).slice(0, 500).map((value) => h("option", { value }))));
  }

  list();
  put(place, heading("Insights", given ? link("Back to its events", "logs", given) : null),
    h("section", { class: "card" }, marks, editor, h("div", { class: "bar tight end" }, button,
      choice("Last", RANGES, String(minutes), (value) => { minutes = Number(value); }), picker, h("button", { onclick: keep }, "Save…"), tally)),
    h("div", { class: "drawing" }, drawing), answer);
  await pick();
}
