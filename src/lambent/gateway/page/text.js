// Figures, times and foreign text as people read them.

const ESCAPES = /[\u001b\u009b](?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[[()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g;
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// What a function said, without terminal colours, and with whatever else cannot be seen, or turns text around, shown as a mark.
export function plain(text) {
  return String(text ?? "").replace(/\r\n/g, "\n").replace(ESCAPES, "").replace(INVISIBLE, "\ufffd");
}

// JSON indented; anything else as it is.
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function count(value) {
  return Number(value ?? 0).toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
}

export function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let index = 0;
  let left = Number(value ?? 0);
  while (left >= 1024 && index < units.length - 1) [left, index] = [left / 1024, index + 1];
  return `${left >= 100 || index === 0 ? Math.round(left) : left.toFixed(1)} ${units[index]}`;
}

// Milliseconds with the unit that suits.
export function span(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

const two = (number) => String(number).padStart(2, "0");

// Hour, minute, second and milliseconds, local; or only the first two.
export function clock(ms, precise = true) {
  const at = new Date(ms);
  const shown = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return precise ? `${shown}.${String(at.getMilliseconds()).padStart(3, "0")}` : shown.slice(0, 5);
}

// Month and day, local.
export function day(ms) {
  const at = new Date(ms);
  return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

// Year, day and second, local.
export function moment(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${day(ms)} ${clock(ms, false)}:${two(at.getSeconds())}`;
}

// Money: cents, or as much as is needed to see anything.
export function money(value, currency) {
  const shown = value === 0 || value >= 0.1 ? value.toFixed(2) : value.toFixed(8).replace(/0+$/, "");
  return `${shown} ${currency}`;
}
