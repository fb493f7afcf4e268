// A test invoke: an event, sent; what came back, with its log tail and its trace side by side.

import { invoke } from "./invoking.js";
import { badge, choice, empty, facts, h, put, refused } from "./dom.js";
import { lines } from "./log_lines.js";
import { name as asks } from "./naming.js";
import { SAMPLES } from "./samples.js";
import { save, saved } from "./session.js";
import { count, plain, pretty, span } from "./text.js";
import { waterfall } from "./trace.js";
import { calm } from "./view.js";

const SHOWN = 200_000; // characters: browsers stutter on longer lines

// The figures of the REPORT line of a log tail, in either log format.
function report(log) {
  const line = log.split("\n").findLast((text) => text.startsWith("REPORT ") || text.includes('"platform.report"')) ?? "";
  const figure = (text, json) => line.match(new RegExp(`(?:^|\t)\\s*${text}: ([\\d.]+)`))?.[1]
    ?? line.match(new RegExp(`"${json}":\\s*([\\d.]+)`))?.[1];
  const ms = (value) => (value === undefined ? undefined : span(Number(value)));
  return [
    ["Duration", ms(figure("Duration", "durationMs"))], ["Billed", ms(figure("Billed Duration", "billedDurationMs"))],
    ["Init", ms(figure("Init Duration", "initDurationMs"))],
    ["Memory", figure("Max Memory Used", "maxMemoryUsedMB") && `${figure("Max Memory Used", "maxMemoryUsedMB")} MB`],
  ];
}

function outcome(found, type, took) {
  const good = !found.error;
  const text = plain(pretty(found.answer));
  return [
    h("div", { class: "bar tight" },
      badge(good ? `${found.status} ${type === "Event" ? "accepted" : "succeeded"}` : `${found.error} error`, good ? "good" : "bad"),
      h("span", { class: "quiet" }, `${span(took)} from here · request `, h("code", {}, found.request))),
    facts(report(found.log), true),
    h("h2", { class: "label" }, good ? "Answer" : "Error"),
    h("pre", { class: `answer ${good ? "" : "bad"}`, tabindex: 0 }, text.slice(0, SHOWN) || "(empty)",
      text.length > SHOWN ? `\n… ${count(text.length - SHOWN)} more characters` : ""),
    h("div", { class: "columns" },
      h("section", {}, h("h2", { class: "label" }, "Log tail"), found.log ? lines(found.log) : h("p", { class: "quiet" }, "Nothing: see Logs.")),
      h("section", {}, h("h2", { class: "label" }, "Trace"), h("div", { class: "trace" }))),
  ];
}

export function panel(place, { FunctionName: name }, view) {
  const events = saved(`events.${name}`, {});
  let type = "RequestResponse";
  const editor = h("textarea", {
    class: "editor event", spellcheck: "false", rows: 12, "aria-label": "Event", value: saved(`event.${name}`, JSON.stringify(SAMPLES.Hello, null, 2)),
    oninput: calm(() => check(), 300),
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(); },
  });
  const result = h("section", { class: "card result", "aria-live": "polite" }, empty("Invoke, and see what comes back."));
  const button = h("button", { class: "main", title: "Ctrl Enter", onclick: () => run() }, "Invoke");
  const traced = h("input", { type: "checkbox", checked: true });
  const version = h("input", { class: "short", placeholder: "$LATEST", title: "A version or an alias", spellcheck: "false" });
  const picker = h("div", { class: "field" });
  const wrong = h("p", { class: "hint warn", "aria-live": "polite" });
  let chosen = "";

  async function run() {
    if (button.disabled) return;
    save(`event.${name}`, editor.value);
    button.disabled = true;
    result.setAttribute("aria-busy", "true");
    const begun = performance.now();
    try {
      const found = await invoke(name, editor.value, { type, qualifier: version.value.trim(), traced: traced.checked, signal: view.signal });
      put(result, outcome(found, type, performance.now() - begun));
      waterfall(result.querySelector(".trace"), type === "DryRun" ? undefined : found.trace, view);
    } catch (error) {
      if (!view.over) put(result, refused(error));
    }
    button.disabled = false;
    result.removeAttribute("aria-busy");
  }

  async function keepAs() {
    const label = await asks("Save this event as");
    if (!label) return;
    events[label] = editor.value;
    save(`events.${name}`, events);
    pick();
  }

  function forget() {
    delete events[chosen];
    save(`events.${name}`, events);
    pick();
  }

  function check() {
    try {
      JSON.parse(editor.value);
      put(wrong);
    } catch (error) {
      put(wrong, `Not JSON yet: ${error.message}`);
    }
  }

  function write(text) {
    editor.value = text;
    check();
  }

  function pick(own = "") {
    chosen = own;
    const group = (title, pairs) => (pairs.length ? h("optgroup", { label: title }, pairs.map(([value, text]) => h("option", { value, selected: value === `own ${own}` }, text))) : null);
    put(picker, h("label", { class: "field" }, "Event", h("select", { onchange: (event) => {
      const [kind, label] = [event.target.value.slice(0, 3), event.target.value.slice(4)];
      write(kind === "own" ? events[label] : JSON.stringify(SAMPLES[label], null, 2));
      pick(kind === "own" ? label : "");
      editor.focus();
    } }, h("option", { value: "", disabled: true, selected: own === "" }, "Load…"),
    group("Saved", Object.keys(events).map((label) => [`own ${label}`, label])),
    group("Samples", Object.keys(SAMPLES).map((label) => [`all ${label}`, label])))),
    own ? h("button", { class: "link", onclick: forget }, "forget") : null);
  }

  pick();
  put(place, h("div", { class: "split" },
    h("section", { class: "card" }, h("div", { class: "bar tight" }, picker, h("span", { class: "spring" }),
      h("button", { onclick: keepAs }, "Save…"), h("button", { onclick: () => write(pretty(editor.value)) }, "Format")),
    editor, wrong,
    h("div", { class: "bar tight" }, button,
      choice("Type", [["RequestResponse", "wait"], ["Event", "asynchronous"], ["DryRun", "dry run"]], type, (chosen) => { type = chosen; }),
      h("label", { class: "field" }, "Version", version),
      h("label", { class: "field" }, traced, "Trace it"))),
    result));
}
