// A trace as a waterfall: its segments and what is within them, each a bar where it was in time.

import { xray } from "./aws.js";
import { h, put, refused } from "./dom.js";
import { plain, span } from "./text.js";

const TRIES = 8;
const DEEPEST = 12;
const MOST = 400;
const AT_ONCE = 5; // traces that BatchGetTraces takes
const MOST_SEARCHED = 100;
const MOST_SAID = 20_000; // characters

function flat(documents) {
  const known = new Map(documents.map((one) => [one.id, one]));
  const below = (id) => documents.filter((one) => one.parent_id === id);
  const found = [];
  const add = (one, depth, origin) => {
    if (depth > DEEPEST || found.length >= MOST || found.some((seen) => seen.one === one)) return;
    found.push({ one, depth, origin });
    const inner = [...(one.subsegments ?? []), ...below(one.id)].sort((a, b) => a.start_time - b.start_time);
    for (const child of inner) add(child, depth + 1, child.origin ?? origin);
  };
  const roots = documents.filter((one) => !known.has(one.parent_id)).sort((a, b) => a.start_time - b.start_time);
  for (const root of roots) add(root, 0, root.origin);
  return found;
}

function drawn(documents) {
  const rows = flat(documents);
  const begun = Math.min(...rows.map(({ one }) => one.start_time));
  const ended = Math.max(...rows.map(({ one }) => one.end_time ?? one.start_time));
  const whole = Math.max(ended - begun, 1e-6);
  return h("div", { class: "waterfall" }, rows.map(({ one, depth, origin }) => {
    const length = (one.end_time ?? one.start_time) - one.start_time;
    const bar = h("span", { class: `span ${one.fault || one.error ? "bad" : one.throttle ? "warn" : depth === 0 ? "root" : ""}` });
    bar.style.left = `${(100 * (one.start_time - begun)) / whole}%`;
    bar.style.width = `${Math.max(0.4, (100 * length) / whole)}%`;
    const label = h("span", { class: "name", title: plain(origin ?? "") }, plain(one.name));
    label.style.paddingLeft = `${depth * 12}px`;
    return [h("div", { class: "hop" }, label, h("span", { class: "track" }, bar),
      h("span", { class: "number quiet" }, one.in_progress ? "…" : span(length * 1000))), told(one)];
  }));
}

// What a segment says besides its times: what it threw, its annotations and metadata, the call that it was.
function told(one) {
  const thrown = (one.cause?.exceptions ?? []).map((each) => h("div", { class: "bad" }, plain(`${each.type}: ${each.message}`).slice(0, MOST_SAID)));
  const rest = { annotations: one.annotations, metadata: one.metadata, http: one.http, sql: one.sql };
  const more = Object.entries(rest).filter(([, value]) => value !== undefined && Object.keys(value).length > 0);
  if (thrown.length + more.length === 0) return null;
  return h("div", { class: "said" }, thrown, more.length === 0 ? null : h("details", {}, h("summary", {}, more.map(([name]) => name).join(", ")),
    h("pre", {}, plain(JSON.stringify(Object.fromEntries(more), null, 2)).slice(0, MOST_SAID))));
}

async function read(trace, view) {
  const { Traces: found } = await xray("/Traces", { TraceIds: [trace] }, view.signal);
  return (found[0]?.Segments ?? []).map((segment) => JSON.parse(segment.Document));
}

// The id of the trace in which a service answered a request, between two moments in seconds; undefined if there is none
// among the last of them.
export async function traceOfRequest(request, service, from, until, view) {
  const filter = `service(${JSON.stringify(service)})`;
  const window = { StartTime: from, EndTime: until, FilterExpression: filter };
  const { TraceSummaries: found } = await xray("/TraceSummaries", window, view.signal);
  const ids = found.map((summary) => summary.Id).slice(-MOST_SEARCHED);
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const { Traces: traces } = await xray("/Traces", { TraceIds: ids.slice(first, first + AT_ONCE) }, view.signal);
    const fits = traces.find((trace) => trace.Segments.some((one) => JSON.parse(one.Document).aws?.request_id === request));
    if (fits) return fits.Id;
  }
  return undefined;
}

// Show a trace in `place`. Its segments come after the answer: it is asked for some times until they have.
export async function waterfall(place, trace, view) {
  if (!trace) {
    put(place, h("p", { class: "quiet" }, "Not traced."));
    return;
  }
  put(place, h("p", { class: "quiet" }, "Waiting for its segments…"));
  try {
    let before = -1;
    for (let tries = 0; tries < TRIES && !view.over && place.isConnected; tries += 1) {
      const found = await read(trace, view);
      if (found.length > 0) put(place, drawn(found), h("p", { class: "quiet" }, h("code", {}, trace)));
      if (found.length > 0 && found.length === before && found.every((one) => !one.in_progress)) return;
      before = found.length;
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    if (before <= 0) put(place, h("p", { class: "quiet" }, "No segments: not sampled, or the role may not write them (xray:PutTraceSegments)."));
  } catch (error) {
    if (!view.over) put(place, refused(error));
  }
}
