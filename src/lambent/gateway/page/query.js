// Logs Insights: a query asked and waited for, and what its text says about itself.

import { ask } from "./aws.js";

const WAITS = [60, 100, 150, 250, 250, 500]; // ms between looks at a query that runs; the last goes on

// {status, rows, columns, statistics} of a query over log groups between two moments in ms. A row is an object of texts by column.
// `told(statistics)` is called while it runs. An aborted `signal` stops it, and throws as fetch does.
export async function query(groups, text, from, until, signal, told = () => {}) {
  const range = { startTime: Math.floor(from / 1000), endTime: Math.ceil(until / 1000) };
  const { queryId: id } = await ask("logs", "StartQuery", { logGroupNames: groups, queryString: text, ...range }, signal);
  const stop = () => { ask("logs", "StopQuery", { queryId: id }).catch(() => {}); }; // it may have ended meanwhile
  signal?.addEventListener("abort", stop);
  try {
    for (let tries = 0; ; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, WAITS[Math.min(tries, WAITS.length - 1)]));
      const found = await ask("logs", "GetQueryResults", { queryId: id }, signal);
      told(found.statistics);
      if (found.status !== "Scheduled" && found.status !== "Running") return shaped(found);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function shaped({ status, results, statistics }) {
  const columns = [...new Set(results.flatMap((row) => row.map(({ field }) => field)))].filter((field) => field !== "@ptr");
  return { status, statistics, columns, rows: results.map((row) => Object.fromEntries(row.map(({ field, value }) => [field, value]))) };
}

// The commands of a query: its text cut at the pipes that stand in no quotes and in no regular expression.
export function commands(text) {
  const found = [""];
  let inside = "";
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (inside) {
      if (sign === "\\") found[found.length - 1] += text[at++];
      else if (sign === inside) inside = "";
    } else if (`"'\``.includes(sign) || (sign === "/" && /(=~|like|parse\s+\S+)\s*$/.test(found.at(-1)))) inside = sign;
    else if (sign === "|") {
      found.push("");
      continue;
    }
    found[found.length - 1] += text[at] ?? "";
  }
  return found.map((command) => command.trim()).filter(Boolean);
}

// The query that counts, by so many seconds, the events that another one looks at.
export function counting(text, seconds) {
  const all = commands(text).filter((command) => !command.startsWith("#"));
  const end = all.findIndex((command) => !/^(fields|filter|parse)\b/i.test(command));
  return [...all.slice(0, end < 0 ? all.length : end), `stats count(*) as events by bin(${seconds}s)`].join(" | ");
}

// A moment of Insights, which is UTC, in ms.
export function momentOf(text) {
  return Date.parse(`${text.replace(" ", "T")}Z`);
}

// The lines that results "by bin" draw: one for each figure and each value of what else they are grouped by; null if they have no bin.
export function series({ rows, columns }) {
  const time = columns.find((name) => name.startsWith("bin("));
  if (time === undefined || rows.length === 0) return null;
  const others = columns.filter((name) => name !== time);
  const figures = others.filter((name) => rows.every((row) => row[name] === undefined || row[name] === "" || Number.isFinite(Number(row[name]))));
  const kinds = others.filter((name) => !figures.includes(name));
  const lines = new Map();
  for (const row of rows) {
    for (const figure of figures) {
      const label = [...kinds.map((kind) => row[kind] ?? "–"), figure].join(" ");
      if (!lines.has(label)) lines.set(label, []);
      if (row[figure] !== undefined && row[figure] !== "") lines.get(label).push([momentOf(row[time]), Number(row[figure])]);
    }
  }
  return [...lines].map(([label, points]) => ({ label, points: points.sort(([a], [b]) => a - b) }));
}
