// How many there were, in each stretch of time: pillars, and the figure of the one under the pointer.

import { h, put, s } from "./dom.js";
import { count, moment } from "./text.js";

const [WIDTH, HEIGHT] = [1000, 84];

// `points`: [[ms, how many]]; a pillar stands for `step` ms.
export function histogram(title, points, { from, until, step }) {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const all = points.reduce((sum, [, value]) => sum + value, 0);
  const wide = (step / (until - from)) * WIDTH;
  const legend = h("span", { class: "quiet" });
  const told = (words) => put(legend, words ?? `${count(all)} in all, ${count(most)} at most`);
  const pillars = points.map(([at, value]) => {
    const tall = (value / most) * HEIGHT;
    const left = Math.max(0, ((at - from) / (until - from)) * WIDTH);
    return s("rect", { class: "pillar", x: left + 0.5, y: HEIGHT - tall, width: Math.max(1, wide - 1), height: tall,
      onpointerenter: () => told(`${count(value)} from ${moment(at)}`), onpointerleave: () => told() });
  });
  told();
  return h("figure", { class: "card chart" }, h("h2", { class: "label" }, title),
    s("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, pillars),
    h("figcaption", {}, h("span", { class: "quiet" }, moment(from)), legend, h("span", { class: "spring" }), h("span", { class: "quiet" }, moment(until))));
}
