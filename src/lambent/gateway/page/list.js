// A list of any length of which only what can be seen exists. Rows have one height; arrows, Home, End and Enter work.

import { h } from "./dom.js";

const TALLEST = 8_000_000; // pixels: browsers draw nothing beyond some millions
const SPARE = 6;

export class List {
  // `row(item)` gives a row's cells, `opened(item)` is called for a click or Enter, `ended()` when the end is near.
  constructor({ row, height = 34, opened, ended, label }) {
    Object.assign(this, { row, height, opened, ended, items: [], active: -1, drawn: "" });
    this.sheet = h("div", { class: "sheet" });
    this.element = h("div", {
      class: "list", tabindex: 0, role: "listbox", "aria-label": label,
      onscroll: () => this.draw(), onkeydown: (event) => this.key(event),
    }, this.sheet);
    new ResizeObserver(() => this.draw(true)).observe(this.element);
  }

  // Show other items, from the top; or the same list grown, where one is.
  show(items, { keep = false } = {}) {
    this.items = items;
    if (!keep) [this.active, this.element.scrollTop] = [-1, 0];
    this.draw(true);
  }

  get perView() {
    return Math.max(1, Math.floor(this.element.clientHeight / this.height));
  }

  // The first row in view. Below a very tall list the scroll bar stands for a share of it, not for pixels.
  get first() {
    const { scrollTop, clientHeight } = this.element;
    if (this.tall <= TALLEST) return Math.floor(scrollTop / this.height);
    const share = scrollTop / Math.max(1, TALLEST - clientHeight);
    return Math.round(share * Math.max(0, this.items.length - this.perView));
  }

  get tall() {
    return this.items.length * this.height;
  }

  draw(anew = false) {
    const first = Math.max(0, this.first - SPARE);
    const last = Math.min(this.items.length, this.first + this.perView + SPARE);
    const window = `${first} ${last} ${this.active} ${this.element.scrollTop > 0 && this.tall > TALLEST ? this.element.scrollTop : 0}`;
    if (!anew && window === this.drawn) return;
    this.drawn = window;
    const squeezed = this.tall > TALLEST;
    this.sheet.style.height = `${Math.min(this.tall, TALLEST)}px`;
    const base = squeezed ? this.element.scrollTop - this.first * this.height : 0;
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(this.line(index, base + index * this.height));
    this.sheet.replaceChildren(...rows);
    if (last === this.items.length && this.items.length > 0) this.ended?.();
  }

  line(index, top) {
    const active = index === this.active;
    const element = h("div", {
      class: "row", role: "option", "aria-selected": String(active), id: active ? "active-row" : undefined,
      "aria-posinset": index + 1, "aria-setsize": this.items.length, onclick: () => this.open(index),
    }, this.row(this.items[index]));
    element.style.top = `${top}px`;
    element.style.height = `${this.height}px`;
    return element;
  }

  open(index) {
    this.move(index);
    this.opened?.(this.items[index]);
  }

  move(index) {
    this.active = Math.min(Math.max(index, 0), this.items.length - 1);
    const { scrollTop, clientHeight } = this.element;
    const top = this.active * this.height;
    if (this.tall > TALLEST) {
      if (this.active < this.first || this.active >= this.first + this.perView) {
        const share = this.active / Math.max(1, this.items.length - this.perView);
        this.element.scrollTop = Math.min(1, share) * (TALLEST - clientHeight);
      }
    } else if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top + this.height - clientHeight;
    this.element.setAttribute("aria-activedescendant", "active-row");
    this.draw();
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.perView, PageUp: -this.perView };
    if (event.key in steps) this.move(this.active + steps[event.key]);
    else if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(this.items.length - 1);
    else if (event.key === "Enter" && this.active >= 0) this.opened?.(this.items[this.active]);
    else return;
    event.preventDefault();
  }
}
