// Lines over time, as SVG: a few series, an axis each way, and the figures under the pointer.

import { h, put, s } from "./dom.js";
import { clock, moment } from "./text.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [460, 170, 52, 20, 8, 8];
const COLOURS = 6;

// The next round figure: 1, 2 or 5 times a power of ten.
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

// `series`: [{label, points: [[ms, value]]}] in order of time; `shown(value)` writes a figure. `gap` in ms is the
// farthest that two points may lie apart and still be joined.
export function chart(title, series, { from, until, shown, gap }) {
  const most = ceiling(Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value))));
  const x = (at) => LEFT + ((at - from) / (until - from)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const path = (points) => points.map(([at, value], index) => {
    const joined = index > 0 && at - points[index - 1][0] <= gap;
    return `${joined ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join("");
  const rule = s("line", { class: "rule", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  const legend = h("figcaption", {});
  const legended = (at) => put(legend, series.map(({ label, points }, index) => {
    const found = at === undefined ? points[points.length - 1] : points.find(([moment]) => moment === at);
    return h("span", { class: `key s${index % COLOURS}` }, label, " ", h("b", {}, found ? shown(found[1]) : "–"));
  }), at === undefined ? null : h("span", { class: "quiet" }, moment(at)));
  const moments = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const drawing = s("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title,
    onpointermove: (event) => {
      const box = drawing.getBoundingClientRect();
      const at = from + ((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT)) * (until - from);
      const near = moments.reduce((best, one) => (Math.abs(one - at) < Math.abs(best - at) ? one : best), moments[0]);
      if (near === undefined) return;
      for (const name of ["x1", "x2"]) rule.setAttribute(name, x(near));
      rule.setAttribute("visibility", "visible");
      legended(near);
    },
    onpointerleave: () => { rule.setAttribute("visibility", "hidden"); legended(); },
  },
  [0, 0.5, 1].map((share) => [
    s("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share * most), y2: y(share * most) }),
    s("text", { x: LEFT - 6, y: y(share * most) + 4, "text-anchor": "end" }, shown(share * most))]),
  [0, 0.5, 1].map((share) => s("text", {
    x: x(from + share * (until - from)), y: HEIGHT - 4, "text-anchor": ["start", "middle", "end"][share * 2],
  }, clock(from + share * (until - from), false))),
  series.map(({ points }, index) => [
    s("path", { class: `line s${index % COLOURS}`, d: path(points) }),
    points.length < 80 ? points.map(([at, value]) => s("circle", { class: `dot s${index % COLOURS}`, cx: x(at), cy: y(value), r: 2 })) : null]),
  rule);
  legended();
  return h("figure", { class: "card chart" }, h("h3", {}, title), drawing, legend);
}
