// What AWS would have asked for.

import { own } from "./aws.js";
import { choice, empty, h, heading, put, refused, s, table, tile } from "./dom.js";
import { count, money, plain } from "./text.js";

const GROUPS = ["function", "version", "alias", "day", "kind", "region", "architecture"];
const KINDS = [
  ["requests", "Requests"], ["gb_seconds", "GB-seconds"], ["provisioned_gb_seconds", "Provisioned GB-s"],
  ["provisioned_concurrency_gb_seconds", "Concurrency GB-s"], ["storage_gb_seconds", "Storage GB-s"],
  ["streamed_gb", "Streamed GB"], ["restored_gb", "Restored GB"], ["cached_gb_seconds", "Cached GB-s"],
];

function bar(share) {
  return s("svg", { class: "share", viewBox: "0 0 100 8", width: 100, height: 8, "aria-hidden": "true" },
    s("rect", { class: "track", width: 100, height: 8, rx: 4 }),
    s("rect", { class: "fill", width: Math.max(share * 100, share > 0 ? 2 : 0), height: 8, rx: 4 }));
}

function shown(bill, by) {
  const kinds = KINDS.filter(([kind]) => bill.Rows.some((row) => kind in row.Amounts));
  const most = Math.max(...bill.Rows.map((row) => row.Cost), 0);
  return [
    h("div", { class: "tiles" }, tile(money(bill.Total, bill.Currency), `${bill.First} to ${bill.Last}`),
      tile(money(bill.Forecast, bill.Currency), "the whole month, if it goes on so"), tile(bill.AsOf, "prices as of")),
    bill.Rows.length === 0 ? h("div", { class: "card" }, empty("Nothing was used."))
      : table([by[0].toUpperCase() + by.slice(1), ...kinds.map(([, title]) => title), bill.Currency, "Share"], bill.Rows.map((row) => [
        plain(row.Name).split(":function:").pop() || "–",
        ...kinds.map(([kind]) => count(row.Amounts[kind] ?? 0)),
        money(row.Cost, ""), bar(most ? row.Cost / most : 0),
      ]), kinds.map((_, index) => index + 1).concat(kinds.length + 1)),
  ];
}

export async function show(place, _rest, view) {
  const wanted = { by: "function", free: "" };
  const body = h("div", {});
  async function draw() {
    try {
      const bill = await own("cost", wanted, view.signal);
      if (!view.over) put(body, shown(bill, wanted.by));
    } catch (error) {
      if (!view.over) put(body, refused(error));
    }
  }
  put(place, heading("Bill", h("span", { class: "spring" }),
    choice("By", GROUPS.map((name) => [name, name]), "function", (chosen) => { wanted.by = chosen; draw(); }),
    h("label", { class: "field" }, h("input", {
      type: "checkbox", checked: true, onchange: (event) => { wanted.free = event.target.checked ? "" : "no"; draw(); },
    }), "Free tier")), body);
  await draw();
}
