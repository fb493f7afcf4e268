// The Markdown that dashboards use, as elements: headings, lists, code, emphasis, links to web pages. Anything else is text.

import { h } from "./dom.js";
import { plain } from "./text.js";

// Links of bounded lengths, or brackets without an end would be looked for to the end of the text from each of them.
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^[\]]{1,1000})\]\(([^)\s]{1,2000})(?:\s[^)]{0,500})?\)/g;

// A link to a web page, or to a view of this one; any other address stays text.
function linked(text, address, whole) {
  const web = /^https?:\/\//i.test(address);
  if (!web && !address.startsWith("#/")) return whole;
  return h("a", { href: address, class: "linked", ...(web ? { target: "_blank", rel: "noopener noreferrer" } : {}) }, text);
}

function inline(text) {
  const found = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, soft, label, address] = match;
    found.push(text.slice(last, match.index), code ? h("code", {}, code) : strong ? h("strong", {}, strong) : soft ? h("em", {}, soft)
      : linked(label, address, whole));
    last = match.index + whole.length;
  }
  return [...found, text.slice(last)];
}

function block(text) {
  const title = text.match(/^(#{1,6})\s+(.*)$/);
  if (title) return h("h2", { class: title[1].length === 1 ? undefined : "label" }, inline(title[2]));
  const rows = text.split("\n");
  if (rows.every((row) => /^\s*[-*+]\s+/.test(row))) return h("ul", {}, rows.map((row) => h("li", {}, inline(row.replace(/^\s*[-*+]\s+/, "")))));
  return h("p", {}, rows.map((row, index) => [index > 0 ? h("br") : null, inline(row)]));
}

export function prose(markdown) {
  const apart = plain(markdown).replace(/^(#{1,6}\s.*)$/gm, "\n$1\n").replace(/(^|\n)(?!\s*[-*+]\s)(.*)\n(?=\s*[-*+]\s)/g, "$1$2\n\n");
  return h("div", { class: "prose" }, apart.split(/\n\s*\n/).map((part) => part.trim()).filter(Boolean).map(block));
}
