// The service map: who called whom, as X-Ray saw it, laid out in layers from the callers to the called.

import { xray } from "./aws.js";
import { choice, empty, h, heading, put, s, table } from "./dom.js";
import { count, plain, span } from "./text.js";

const RANGES = [["15", "15 minutes"], ["60", "1 hour"], ["360", "6 hours"]];
const [ACROSS, DOWN, RADIUS] = [220, 130, 30];

// The layer of each service: one more than the deepest of its callers. A cycle ends where it began.
function layers(services) {
  const callers = new Map(services.map((one) => [one.ReferenceId, []]));
  for (const one of services) for (const edge of one.Edges ?? []) callers.get(edge.ReferenceId)?.push(one.ReferenceId);
  const depths = new Map();
  const depth = (id, path) => {
    if (depths.has(id)) return depths.get(id);
    if (path.has(id)) return -1;
    const found = Math.max(-1, ...callers.get(id).map((caller) => depth(caller, new Set(path).add(id)))) + 1;
    depths.set(id, found);
    return found;
  };
  const columns = [];
  for (const one of services) (columns[depth(one.ReferenceId, new Set())] ??= []).push(one);
  return columns.filter(Boolean);
}

function statistics(found) {
  const { TotalCount: all = 0, TotalResponseTime: time = 0, FaultStatistics: faults, ErrorStatistics: errors } = found ?? {};
  return { all, mean: all ? (time / all) * 1000 : 0, bad: (faults?.TotalCount ?? 0) + (errors?.TotalCount ?? 0) };
}

function node(one, { x, y }) {
  const { all, mean, bad } = statistics(one.SummaryStatistics);
  const share = all ? bad / all : 0;
  const round = 2 * Math.PI * RADIUS;
  return s("g", { transform: `translate(${x} ${y})` },
    s("title", {}, plain(`${one.Name} (${one.Type ?? "?"}): ${all} calls, ${bad} failed`)),
    s("circle", { class: "ring", r: RADIUS }),
    share > 0 ? s("circle", { class: "ring bad", r: RADIUS, "stroke-dasharray": `${share * round} ${round}`, transform: "rotate(-90)" }) : null,
    s("text", { class: "figure", y: -2 }, one.Type === "client" ? "client" : span(mean)),
    s("text", { class: "figure quiet", y: 13 }, one.Type === "client" ? "" : `${count(all)} ×`),
    s("text", { class: "title", y: RADIUS + 17 }, clipped(one.Name)),
    s("text", { class: "figure quiet", y: RADIUS + 31 }, clipped(one.Type ?? "")));
}

function clipped(text) {
  const shown = plain(text);
  return shown.length > 28 ? `${shown.slice(0, 27)}…` : shown;
}

function drawn(services) {
  const columns = layers(services);
  const height = Math.max(...columns.map((column) => column.length)) * DOWN;
  const places = new Map();
  columns.forEach((column, i) => column.forEach((one, j) => {
    places.set(one.ReferenceId, { x: 90 + i * ACROSS, y: height / 2 + (j - (column.length - 1) / 2) * DOWN });
  }));
  const edges = services.flatMap((one) => (one.Edges ?? []).filter((edge) => places.has(edge.ReferenceId)).map((edge) => {
    const [a, b] = [places.get(one.ReferenceId), places.get(edge.ReferenceId)];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = Math.hypot(dx, dy) || 1;
    const cut = (point, sign, by) => [point.x + (sign * dx * by) / length, point.y + (sign * dy * by) / length];
    const [[x1, y1], [x2, y2]] = [cut(a, 1, RADIUS + 3), cut(b, -1, RADIUS + 9)];
    return s("line", { class: `edge ${statistics(edge.SummaryStatistics).bad ? "bad" : ""}`, x1, y1, x2, y2, "marker-end": "url(#arrow)" });
  }));
  const width = columns.length * ACROSS;
  return s("svg", { class: "map", viewBox: `0 0 ${width} ${height + 30}`,
    width, height: height + 30, role: "img", "aria-label": "Service map" },
    s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
      s("path", { d: "M0 0L8 4L0 8z", class: "head" }))),
    edges, services.map((one) => node(one, places.get(one.ReferenceId))));
}

function figures(services) {
  return table(["Service", "Type", "Calls", "Mean", "Failed", "Calls on"], services.map((one) => {
    const { all, mean, bad } = statistics(one.SummaryStatistics);
    const named = (id) => plain(services.find((other) => other.ReferenceId === id)?.Name);
    return [plain(one.Name), plain(one.Type), all ? count(all) : "–", all ? span(mean) : "–", all ? count(bad) : "–",
      (one.Edges ?? []).map((edge) => named(edge.ReferenceId)).join(", ")];
  }), [2, 3, 4]);
}

export function show(place, _rest, view) {
  let minutes = 60;
  const body = h("div", {}, h("p", { class: "wait" }));
  async function draw() {
    const until = Math.ceil(Date.now() / 1000);
    const services = [];
    let next;
    do {
      const page = await xray("/ServiceGraph", {
        StartTime: until - minutes * 60, EndTime: until, ...(next ? { NextToken: next } : {}) }, view.signal);
      services.push(...page.Services);
      next = page.NextToken;
    } while (next);
    if (view.over) return;
    put(body, services.length === 0
      ? h("div", { class: "card" }, empty("Nothing was traced. A function is when its tracing is Active, or from its Test tab; its role must allow xray:PutTraceSegments."))
      : [h("div", { class: "card scroll", tabindex: 0 }, drawn(services)), figures(services)]);
  }
  put(place, heading("Service map", h("span", { class: "spring" }),
    choice("Last", RANGES, String(minutes), (chosen) => { minutes = Number(chosen); draw(); })), body);
  return view.every(10, body, draw);
}
