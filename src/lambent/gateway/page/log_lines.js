// Lines of a log as people read them: Lambda's own are quiet, errors stand out. Texts only, whatever they hold.

import { h } from "./dom.js";
import { plain } from "./text.js";

const OWN = /^(INIT_START|INIT_REPORT|START|END|REPORT|RESTORE_START|RESTORE_REPORT|EXTENSION|TELEMETRY|LOGS)\b|^\{"time":"[^"]*","type":"platform\./;
const BAD = /\b(ERROR|FATAL|CRITICAL|Traceback|Exception|Task timed out)\b|"level":\s*"(ERROR|FATAL|CRITICAL)"/;
const UNSURE = /\b(WARN|WARNING)\b/;

// What kind of line it is, as a class.
export function tone(text) {
  if (OWN.test(text)) return "platform";
  if (BAD.test(text)) return "bad";
  return UNSURE.test(text) ? "warn" : "";
}

// Whether a function wrote this event in the form of the platform's own lines: the server's ids of events tell.
export function forged(event) {
  return event.eventId.startsWith("4");
}

// A whole small log.
export function lines(text) {
  return h("div", { class: "log", tabindex: 0, role: "log" },
    plain(text).replace(/\n$/, "").split("\n").map((line) => h("div", { class: tone(line) }, line || " ")));
}
