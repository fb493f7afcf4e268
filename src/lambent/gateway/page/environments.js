// Execution environments as they are now, looked at again every second while they can be seen.

import { own } from "./aws.js";
import { badge, h, put, table, to } from "./dom.js";
import { bytes, count, span } from "./text.js";

const TONES = { busy: "bad", idle: "good", frozen: "cool", initializing: "warn", starting: "warn", resetting: "warn" };
const FIRST = ["busy", "initializing", "starting", "resetting", "idle", "frozen"];

// The state in the words that people use: an environment that waits is warm.
function word(state) {
  return state === "idle" ? "warm" : state;
}

function tiles(found) {
  const tally = new Map();
  for (const one of found) tally.set(one.state, (tally.get(one.state) ?? 0) + 1);
  const sum = (key) => found.reduce((total, one) => total + one[key], 0);
  const tile = (value, label, tone) => h("div", { class: `tile ${tone ?? ""}` }, h("b", {}, value), h("span", {}, label));
  return h("div", { class: "tiles" },
    tile(count(found.length), "environments"),
    FIRST.filter((state) => tally.has(state)).map((state) => tile(count(tally.get(state)), word(state), TONES[state])),
    tile(count(sum("cold")), "cold invocations", "warn"), tile(count(sum("warm")), "warm invocations", "good"),
    tile(bytes(sum("memory_bytes")), "memory"), tile(span(sum("cpu_seconds") * 1000), "processor time"));
}

function rows(found, now, named) {
  const order = (state) => (FIRST.indexOf(state) + 1 || 99);
  return [...found].sort((a, b) => order(a.state) - order(b.state) || b.started_at - a.started_at).slice(0, 500).map((one) => {
    const [name, version] = one.function_arn.split(":").slice(6);
    return [
      ...(named ? [h("a", { href: to("functions", name, "environments") }, name)] : []), version ?? "$LATEST",
      badge(word(one.state), TONES[one.state]), one.init_type, one.init_ms === null ? "–" : span(one.init_ms),
      span(Math.max(0, now - one.started_at) * 1000), count(one.cold), count(one.warm),
      `${bytes(one.memory_bytes)} of ${one.memory_mb} MB`, span(one.cpu_seconds * 1000),
      h("a", { href: to("logs", one.log_group, one.log_stream), title: one.log_stream }, "log"),
    ];
  });
}

// Those of one function, or (without an ARN) of all.
export function live(place, arn, view) {
  const heading = ["Version", "State", "Begun as", "Init", "Age", "Cold", "Warm", "Memory", "Processor", ""];
  const named = arn === null;
  return view.every(1, place, async () => {
    const [{ Environments: all }, { Now: now }] = await Promise.all([
      own("environments", {}, view.signal), own("clock", {}, view.signal)]);
    const found = all.filter((one) => named || one.function_arn === arn || one.function_arn.startsWith(`${arn}:`));
    if (view.over || place.contains(document.activeElement)) return; // never pull a link from under somebody
    const shift = named ? 1 : 0;
    put(place, tiles(found), found.length === 0
      ? h("p", { class: "empty" }, "None: the next invocation starts cold.")
      : table([...(named ? ["Function"] : []), ...heading], rows(found, now, named), [3, 4, 5, 6, 7, 8].map((i) => i + shift)));
  });
}

export function show(place, _rest, view) {
  const body = h("div", {});
  put(place, h("div", { class: "bar" }, h("h1", {}, "Environments")), body);
  return live(body, null, view);
}
