// A list of any length of which only what can be seen exists. Rows have one height; arrows, Home, End and Enter work.

import { h } from "./dom.js";

const TALLEST = 8_000_000; // pixels: browsers draw nothing beyond some millions
const SPARE = 6;
const HEAD = 32;
let lists = 0;

export class List {
  // `columns` are [title, class]; `row(item)` gives a cell for each of them. `opened(item)` is called for a click or Enter,
  // `ended()` when the last row comes near, `begun()` when the first one does. Without titles there is no head.
  constructor({ columns, row, height = 36, opened, ended, begun, label }) {
    Object.assign(this, { columns, row, height, opened, ended, begun, items: [], active: -1, drawn: "", name: `list${(lists += 1)}` });
    this.head = columns.some(([title]) => title) ? HEAD : 0;
    this.sheet = h("div", { class: "sheet", role: "rowgroup" });
    const heads = columns.map(([title, kind]) => h("span", { role: "columnheader", class: kind }, title));
    this.element = h("div", {
      class: "list", tabindex: 0, role: "grid", "aria-label": label, "aria-colcount": columns.length,
      onscroll: () => this.draw(), onkeydown: (event) => this.key(event),
    }, this.head ? h("div", { role: "rowgroup", class: "heads" }, h("div", { role: "row", class: "contents" }, heads)) : null, this.sheet);
    new ResizeObserver(() => this.draw(true)).observe(this.element);
  }

  // Show other items, from the top; with `keep` the same list grown at its end, and by `above` rows at its beginning.
  show(items, { keep = false, above = 0 } = {}) {
    const { scrollTop } = this.element;
    this.items = items;
    if (!keep) [this.active, this.element.scrollTop] = [-1, 0];
    this.size();
    if (above > 0) {
      if (this.active >= 0) this.active += above;
      this.element.scrollTop = this.tall > TALLEST ? this.placeOf(above) : scrollTop + above * this.height;
    }
    this.draw(true);
  }

  get view() {
    return this.element.clientHeight - this.head;
  }

  get perView() {
    return Math.max(1, Math.floor(this.view / this.height));
  }

  get tall() {
    return this.items.length * this.height;
  }

  // The first row in view. Below a very tall list the scroll bar stands for a share of it, not for pixels.
  get first() {
    const { scrollTop } = this.element;
    if (this.tall <= TALLEST) return Math.floor(scrollTop / this.height);
    const share = Math.min(1, scrollTop / Math.max(1, TALLEST - this.view));
    return Math.round(share * Math.max(0, this.items.length - this.perView));
  }

  // Where a very tall list is scrolled to when a row is its first in view.
  placeOf(index) {
    return Math.min(1, index / Math.max(1, this.items.length - this.perView)) * (TALLEST - this.view);
  }

  size() {
    this.sheet.style.height = `${Math.min(this.tall, TALLEST)}px`;
    this.element.setAttribute("aria-rowcount", this.items.length);
  }

  draw(anew = false) {
    const top = this.first;
    const first = Math.max(0, top - SPARE);
    const last = Math.min(this.items.length, top + this.perView + 1 + SPARE);
    const squeezed = this.tall > TALLEST;
    const window = `${first} ${last} ${this.active} ${squeezed ? this.element.scrollTop : 0}`;
    if (!anew && window === this.drawn) return;
    this.drawn = window;
    this.size();
    const base = squeezed ? this.element.scrollTop - top * this.height : 0;
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(this.line(index, base + index * this.height));
    this.sheet.replaceChildren(...rows);
    if (this.items.length === 0) return;
    if (last === this.items.length) this.ended?.();
    if (first === 0) this.begun?.();
  }

  line(index, top) {
    const active = index === this.active;
    const cells = this.row(this.items[index]);
    const element = h("div", {
      class: "row", role: "row", "aria-selected": String(active), id: active ? `${this.name}-active` : undefined,
      "aria-rowindex": index + 1, onclick: (event) => this.clicked(event, index),
    }, this.columns.map(([, kind], column) => h("span", { role: "gridcell", class: kind }, cells[column])));
    element.style.top = `${top}px`;
    element.style.height = `${this.height}px`;
    return element;
  }

  clicked(event, index) {
    if (event.target.closest("a")) return; // a link goes where it leads, in a tab of its own if asked to
    this.move(index);
    this.opened?.(this.items[index]);
  }

  move(index) {
    if (this.items.length === 0) return;
    this.active = Math.min(Math.max(index, 0), this.items.length - 1);
    const { scrollTop } = this.element;
    const top = this.active * this.height;
    if (this.tall > TALLEST) {
      if (this.active < this.first || this.active >= this.first + this.perView) this.element.scrollTop = this.placeOf(this.active);
    } else if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + this.view) this.element.scrollTop = top + this.height - this.view;
    this.element.setAttribute("aria-activedescendant", `${this.name}-active`);
    this.draw();
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.perView, PageUp: -this.perView };
    if (event.key in steps) this.move(this.active + steps[event.key]);
    else if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(this.items.length - 1);
    else if (event.key === "Enter" && this.active >= 0 && event.target === this.element) this.opened?.(this.items[this.active]);
    else return;
    event.preventDefault();
  }
}
