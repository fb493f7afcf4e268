// The frame of the page: who is logged in, which view the address names, and the keys that work everywhere.

import { badge, h, heading, put, refused, to } from "./dom.js";
import { keys, leave } from "./session.js";
import { login } from "./login.js";
import { View } from "./view.js";
import { show as functions } from "./functions.js";
import { show as one } from "./function.js";
import { show as environments } from "./environments.js";
import { show as logs } from "./logs.js";
import { show as insights } from "./insights.js";
import { show as traces } from "./traces.js";
import { show as map } from "./map.js";
import { show as metrics } from "./plot.js";
import { show as alarms } from "./alarms.js";
import { show as dashboards } from "./dashboards.js";
import { show as queues } from "./queues.js";
import { showBuses, showPipes, showSchedules, showSecrets, showTopics } from "./routes.js";
import { show as bill } from "./bill.js";

const GROUPS = [
  ["Compute", [["functions", "Functions", "f", functions], ["environments", "Environments", "e", environments]]],
  ["Observe", [["logs", "Logs", "l", logs], ["insights", "Insights", "i", insights], ["traces", "Traces", "x", traces],
    ["map", "Service map", "m", map], ["metrics", "Metrics", "c", metrics], ["alarms", "Alarms", "a", alarms], ["dashboards", "Dashboards", "d", dashboards]]],
  ["Events", [["queues", "Queues", "q", queues], ["topics", "Topics", "t", showTopics], ["buses", "Event buses", "u", showBuses],
    ["schedules", "Schedules", "s", showSchedules], ["pipes", "Pipes", "p", showPipes]]],
  ["Account", [["secrets", "Secrets", "k", showSecrets], ["bill", "Bill", "b", bill]]],
];
const VIEWS = GROUPS.flatMap(([, views]) => views);

const place = document.getElementById("content");
const nav = document.getElementById("nav");
const menu = document.getElementById("menu");
let view = null;
let going = false;

async function route() {
  view?.end();
  const who = keys();
  nav.hidden = menu.hidden = who === null;
  unfold(false);
  document.getElementById("leave").hidden = who === null;
  put(document.getElementById("who"), who === null ? "" : [h("code", {}, who.arn.split(":").pop()), badge(who.region)]);
  view = new View();
  if (who === null) {
    document.title = "Log in · Lambent";
    login(place, route);
    return;
  }
  const [name = "functions", ...rest] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  const [key, title, , open] = VIEWS.find(([found]) => found === name) ?? VIEWS[0];
  document.title = `${rest[0] ?? title} · Lambent`;
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.view === key) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const shown = view;
  put(place, h("p", { class: "wait" }));
  place.scrollTop = 0;
  if (document.activeElement === document.body) place.focus(); // what had the focus has gone: keys go on in the content
  try {
    await (key === "functions" && rest.length > 0 ? one(place, rest, shown) : open(place, rest, shown));
  } catch (error) {
    if (!shown.over) put(place, heading(rest[0] ?? title), refused(error));
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// The menu of narrow screens.
function unfold(open) {
  document.querySelector("header").classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
}

function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("lambent.theme", root.dataset.theme);
}

function help() {
  const lines = [
    ["/", "Search"], ["t", "Light or dark"],
    ["g then a letter", VIEWS.map(([, title, key]) => h("span", { class: "jump" }, h("kbd", {}, key), ` ${title} `))],
    ["↑ ↓ Home End Enter", "Walk through a list, open"], ["Ctrl Enter", "Invoke, run a query"], ["?", "This"], ["Esc", "Close"],
  ];
  const dialog = h("dialog", { onclose: () => dialog.remove() }, h("h2", {}, "Keys"),
    h("dl", { class: "facts" }, lines.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])),
    h("form", { method: "dialog" }, h("button", { class: "main" }, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const chosen = going ? VIEWS.find(([, , key]) => key === event.key) : undefined;
  going = event.key === "g";
  if (chosen && keys() !== null) location.hash = to(chosen[0]);
  else if (event.key === "/") document.querySelector("#content input[type=search]")?.focus();
  else if (event.key === "t") turn();
  else if (event.key === "?" && !document.querySelector("dialog")) help();
  else return;
  event.preventDefault();
}

function linked([name, title, key]) {
  const link = h("a", { href: to(name), title: `${title} (g ${key})` }, title);
  link.dataset.view = name;
  return h("li", {}, link);
}

put(nav, GROUPS.map(([title, views]) => h("section", {}, h("h2", {}, title), h("ul", {}, views.map(linked)))));
menu.addEventListener("click", () => unfold(menu.getAttribute("aria-expanded") !== "true"));
document.getElementById("theme").addEventListener("click", turn);
document.getElementById("help").addEventListener("click", help);
document.getElementById("leave").addEventListener("click", () => { leave(); route(); });
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); place.focus(); });
addEventListener("hashchange", route);
addEventListener("keydown", pressed);
route();
