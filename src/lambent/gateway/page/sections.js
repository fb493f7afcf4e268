// A view of tables that are looked at again every few seconds: one that this user may not see leaves the others.

import { empty, h, heading, put, refused, table } from "./dom.js";
import { morph } from "./morph.js";

// `parts`: [title, read(signal) -> rows, headings, the columns that hold figures, the words for none]. A part without a title is
// the only one.
export function sections(place, title, parts, view, seconds = 3) {
  const made = parts.map(([name, read, headings, numeric, none]) => {
    const body = h("div", {}, h("p", { class: "wait" }));
    const work = async () => {
      let shown;
      try {
        const rows = await read(view.signal);
        shown = rows.length === 0 ? h("div", { class: "card" }, empty(none)) : table(headings, rows, numeric);
      } catch (error) {
        shown = refused(error);
      }
      if (!view.over) morph(body, shown);
    };
    return { work, body, section: h("section", {}, name ? h("h2", {}, name) : null, body) };
  });
  put(place, heading(title), made.map(({ section }) => section));
  return Promise.all(made.map(({ work, body }) => view.every(seconds, body, work)));
}

const AT_ONCE = 8;

// `work` for each of `items`, a few at once; results in their order.
export async function each(items, work) {
  const results = new Array(items.length);
  let index = 0;
  const worker = async () => {
    while (index < items.length) {
      const mine = index;
      index += 1;
      results[mine] = await work(items[mine]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

const FEW = 200;

// A row for each of `items`: the first of them in full by `work`, which asks for more; of the others what is known, by `bare`.
export async function detailed(items, work, bare) {
  return [...await each(items.slice(0, FEW), work), ...items.slice(FEW).map((item) => [bare(item), "…"])];
}

// Everything that an asynchronous iteration of pages gives.
export async function all(pages) {
  const found = [];
  for await (const page of pages) found.push(...page);
  return found;
}
