// Lines over time, as SVG: a few series, an axis each way, and the figures under the pointer.

import { h, put, s } from "./dom.js";
import { clock, day, moment, plain } from "./text.js";

const [LEFT, BOTTOM, TOP, RIGHT] = [52, 20, 8, 8];
const [SMALL, WIDE] = [[460, 170], [1120, 220]];
const COLOURS = 6;
const DAY = 86_400_000; // ms

// The next round figure: 1, 2 or 5 times a power of ten.
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

// `series`: [{label, points: [[ms, value]]}] in order of time; `shown(value)` writes a figure. `gap` in ms is the
// farthest that two points may lie apart and still be joined. `marks`: [{value, label}] are lines across; `wide` is for charts that
// have the page's width.
export function chart(title, series, { from, until, shown, gap, marks = [], wide = false }) {
  const [across, tall] = wide && innerWidth > 900 ? WIDE : SMALL;
  const every = series.flatMap(({ points }) => points.map(([, value]) => value)).concat(marks.map(({ value }) => value));
  const most = ceiling(every.reduce((a, b) => Math.max(a, b), 0));
  const least = every.some((value) => value < 0) ? -ceiling(-every.reduce((a, b) => Math.min(a, b), 0)) : 0;
  const x = (at) => LEFT + ((at - from) / (until - from)) * (across - LEFT - RIGHT);
  const y = (value) => TOP + (1 - (value - least) / (most - least)) * (tall - TOP - BOTTOM);
  const path = (points) => points.map(([at, value], index) => {
    const joined = index > 0 && at - points[index - 1][0] <= gap;
    return `${joined ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join("");
  const rule = s("line", { class: "rule", y1: TOP, y2: tall - BOTTOM, visibility: "hidden" });
  const legend = h("figcaption", {});
  const legended = (at) => put(legend, series.map(({ label, points }, index) => {
    const found = at === undefined ? points[points.length - 1] : points.find(([moment]) => moment === at);
    return h("span", { class: `key s${index % COLOURS}` }, label, " ", h("b", {}, found ? shown(found[1]) : "–"));
  }), at === undefined ? null : h("span", { class: "quiet" }, moment(at)));
  const moments = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const drawing = s("svg", {
    viewBox: `0 0 ${across} ${tall}`, role: "img", "aria-label": title,
    onpointermove: (event) => {
      const box = drawing.getBoundingClientRect();
      const at = from + ((((event.clientX - box.left) / box.width) * across - LEFT) / (across - LEFT - RIGHT)) * (until - from);
      const near = moments.reduce((best, one) => (Math.abs(one - at) < Math.abs(best - at) ? one : best), moments[0]);
      if (near === undefined) return;
      for (const name of ["x1", "x2"]) rule.setAttribute(name, x(near));
      rule.setAttribute("visibility", "visible");
      legended(near);
    },
    onpointerleave: () => { rule.setAttribute("visibility", "hidden"); legended(); },
  },
  [least, (least + most) / 2, most].map((value) => [
    s("line", { class: "grid", x1: LEFT, x2: across - RIGHT, y1: y(value), y2: y(value) }),
    s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, shown(value))]),
  [0, 0.5, 1].map((share) => s("text", {
    x: x(from + share * (until - from)), y: tall - 3, "text-anchor": ["start", "middle", "end"][share * 2],
  }, until - from > DAY ? day(from + share * (until - from)) : clock(from + share * (until - from), false))),
  series.map(({ points }, index) => [
    s("path", { class: `line s${index % COLOURS}`, d: path(points) }),
    points.length < 80 ? points.map(([at, value]) => s("circle", { class: `dot s${index % COLOURS}`, cx: x(at), cy: y(value), r: 2 })) : null]),
  marks.map(({ value, label }) => [
    s("line", { class: "mark", x1: LEFT, x2: across - RIGHT, y1: y(value), y2: y(value) }),
    s("text", { class: "mark label", x: across - RIGHT, y: y(value) - 4, "text-anchor": "end" }, `${plain(label)} ${shown(value)}`)]),
  rule);
  legended();
  return h("figure", { class: "card chart" }, h("h2", { class: "label" }, title), drawing, legend);
}
