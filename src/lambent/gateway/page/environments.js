// Execution environments as they are now, looked at again every second while they can be seen.

import { own } from "./aws.js";
import { badge, empty, h, heading, link, table, tile } from "./dom.js";
import { morph } from "./morph.js";
import { bytes, count, span } from "./text.js";

const TONES = { busy: "busy", idle: "good", frozen: "cool", initializing: "warn", starting: "warn", resetting: "warn" };
const FIRST = ["busy", "initializing", "starting", "resetting", "idle", "frozen"];
const NUMERIC = [3, 4, 5, 6, 7, 8];

// The state in the words that people use: an environment that waits is warm.
function word(state) {
  return state === "idle" ? "warm" : state;
}

function tiles(found) {
  const tally = new Map();
  for (const one of found) tally.set(one.state, (tally.get(one.state) ?? 0) + 1);
  const sum = (key) => found.reduce((total, one) => total + one[key], 0);
  const some = (state) => ["busy", "idle", "frozen"].includes(state) || tally.has(state);
  return h("div", { class: "tiles" },
    tile(count(found.length), "environments"),
    FIRST.filter(some).map((state) => tile(count(tally.get(state) ?? 0), word(state), tally.has(state) ? TONES[state] : "quiet")),
    tile(count(sum("cold")), "cold invocations"), tile(count(sum("warm")), "warm invocations"),
    tile(bytes(sum("memory_bytes")), "memory"), tile(span(sum("cpu_seconds") * 1000), "processor time"));
}

function rows(found, now, named) {
  const order = (state) => (FIRST.indexOf(state) + 1 || 99);
  return [...found].sort((a, b) => order(a.state) - order(b.state) || b.started_at - a.started_at).map((one) => {
    const [name, version = "$LATEST"] = one.function_arn.split(":").slice(6);
    const cells = [...(named ? [link(name, "functions", name, "environments")] : []), version,
      badge(word(one.state), TONES[one.state]), one.init_type, one.init_ms === null ? "–" : span(one.init_ms),
      span(Math.max(0, now - one.started_at) * 1000), count(one.cold), count(one.warm),
      `${bytes(one.memory_bytes)} of ${one.memory_mb} MB`, span(one.cpu_seconds * 1000),
      link("read", "logs", one.log_group, one.log_stream)];
    return [{ key: one.log_stream, cell: cells[0] }, ...cells.slice(1)];
  });
}

// Those of one function, or (without an ARN) of all.
export function live(place, arn, view) {
  const headings = ["Version", "State", "Begun as", "Init", "Age", "Cold", "Warm", "Memory", "Processor", "Log"];
  const named = arn === null;
  morph(place, h("p", { class: "wait" }));
  return view.every(1, place, async () => {
    const [{ Environments: all }, { Now: now }] = await Promise.all([
      own("environments", {}, view.signal), own("clock", {}, view.signal)]);
    const found = all.filter((one) => named || one.function_arn === arn || one.function_arn.startsWith(`${arn}:`));
    if (view.over) return;
    const shift = named ? 1 : 0;
    morph(place, tiles(found), found.length === 0
      ? h("div", { class: "card" }, empty("None: the next invocation starts cold."))
      : table([...(named ? ["Function"] : []), ...headings], rows(found, now, named), NUMERIC.map((index) => index + shift)));
  });
}

export function show(place, _rest, view) {
  const body = h("div", {});
  place.replaceChildren(heading("Environments"), body);
  return live(body, null, view);
}
