// The events of a log group as a terminal shows them, newest at the bottom: searched with CloudWatch's filter patterns, read on when
// an end comes into view, followed. Only what is in view is drawn.

import { badge, choice, empty, h, put, refused } from "./dom.js";
import { List } from "./list.js";
import { forged, tone } from "./log_lines.js";
import { LogWindow } from "./log_window.js";
import { clock, count, moment, plain, pretty } from "./text.js";
import { calm } from "./view.js";

const RANGES = [["900000", "15 minutes"], ["3600000", "1 hour"], ["86400000", "1 day"], ["604800000", "7 days"], ["0", "everything"]];
const COLUMNS = [["", "when quiet"], ["", "grow"]];
const CLIPPED = 600; // characters of a line in the list: the rest is shown when it is opened

function row(event) {
  const text = plain(event.message.slice(0, CLIPPED).trimEnd()).replaceAll("\n", " ⏎ ");
  return [h("time", { title: moment(event.timestamp) }, clock(event.timestamp)), [forged(event) ? [badge("not the platform's", "warn"), " "] : [], h("span", { class: tone(event.message) }, text)]];
}

export async function reader(place, group, view, stream = undefined) {
  const asked = { pattern: "", since: 86_400_000, until: undefined };
  let held;
  let busy = false;
  let missed = false;
  let following = true;
  const tally = h("span", { class: "quiet", "aria-live": "polite" });
  const [said, nothing] = [h("div", {}), h("div", { class: "card", hidden: true })];
  const detail = h("div", { class: "detail", hidden: true });
  const list = new List({ columns: COLUMNS, row, height: 22, label: `Events of ${group}`, opened: open, begun: () => older(), ended: () => held?.cut && newer() });
  list.element.classList.add("lines");
  const follow = h("input", { type: "checkbox", checked: true, onchange: () => { following = follow.checked; if (following) anew(); } });

  function open(event) {
    detail.hidden = false;
    following = follow.checked = false; // the line that is read stays where it is
    put(detail, h("div", { class: "bar tight" }, h("strong", {}, moment(event.timestamp)),
      h("code", { class: "quiet clip", title: event.logStreamName }, event.logStreamName),
      h("span", { class: "spring" }), h("button", { onclick: () => { detail.hidden = true; list.element.focus(); } }, "Close")),
    h("pre", { tabindex: 0 }, plain(pretty(event.message.trimEnd()))));
  }

  // One thing at a time; what comes after its window was left is dropped. An end that came into view meanwhile is looked at again.
  async function guarded(work) {
    missed = busy;
    if (busy || view.over) return;
    const mine = held;
    busy = true;
    try {
      await work(mine);
      if (mine !== held) return;
      put(said);
      busy = false;
      if (missed) list.draw(true);
    } catch (error) {
      if (mine === held && !view.over) {
        put(said, refused(error));
        put(tally);
      }
      if (mine === held) busy = false;
    }
  }

  function told() {
    const [all, none] = [held.complete && !held.cut, held.events.length === 0];
    put(tally, `${count(held.events.length)}${all ? "" : "+"} events`);
    put(nothing, none ? empty("No event of this time matches.") : null);
    nothing.hidden = !none;
    list.element.hidden = none;
  }

  async function older() {
    if (held.complete) return;
    await guarded(async (mine) => {
      let came = 0;
      while (came === 0 && !mine.complete && mine === held) came = await mine.older(); // a stretch may hold none that matches
      if (mine !== held) return;
      const first = list.items.length === 0;
      list.show(mine.events, { keep: true, above: first ? 0 : came });
      if (first) bottom();
      told();
    });
  }

  function newer() {
    return guarded(async (mine) => {
      if (await mine.newer() === 0 || mine !== held) return;
      list.show(mine.events, { keep: true });
      if (following) bottom();
      told();
    });
  }

  function bottom() {
    list.element.scrollTop = list.element.scrollHeight;
  }

  async function anew() {
    const until = asked.until;
    held = new LogWindow({ group, stream, pattern: asked.pattern, from: asked.since ? (until ?? Date.now()) - asked.since : 0, until }, view.signal);
    busy = false;
    detail.hidden = true;
    list.show([]);
    put(tally, "…");
    await older();
  }

  const search = h("input", {
    type: "search", class: "grow",
    placeholder: 'Filter:  ERROR   "two words"   { $.level = "ERROR" }   %regex%',
    "aria-label": "Filter pattern",
    oninput: calm((event) => { asked.pattern = event.target.value.trim(); anew(); }, 300),
    onkeydown: (event) => { if (event.key === "ArrowDown") list.element.focus(); },
  });
  put(place, h("div", { class: "bar tight" }, search,
    choice("Last", RANGES, String(asked.since), (chosen) => { asked.since = Number(chosen); anew(); }),
    h("label", { class: "field" }, "before", h("input", { type: "datetime-local", step: 1, onchange: (event) => {
      asked.until = event.target.value ? new Date(event.target.value).getTime() : undefined;
      anew();
    } })),
    h("label", { class: "field" }, follow, "Follow"), tally), said, nothing, list.element, detail);
  // Scrolling up is reading: new lines no longer pull it down. Coming back to the end follows again.
  list.element.addEventListener("scroll", () => {
    const { scrollTop, clientHeight, scrollHeight } = list.element;
    following = follow.checked = detail.hidden && asked.until === undefined && scrollTop + clientHeight >= scrollHeight - 30;
  }, { passive: true });
  await anew();
  view.every(1, said, async () => { if (following && (held.events.length > 0 || held.complete)) await newer(); });
}
