// The life of a view: everything that it waits for ends with it, and it looks again only while it can be seen.

import { refused, put } from "./dom.js";

export class View {
  constructor() {
    this.aborter = new AbortController();
    this.signal = this.aborter.signal;
    this.over = false;
  }

  end() {
    this.over = true;
    this.aborter.abort();
  }

  // Run `work` now, and again `seconds` after it has ended, for as long as the view and `place` are there and visible.
  // What it throws is shown in `place`, and ends it.
  every(seconds, place, work) {
    const again = async () => {
      if (this.over || (ran && !place.isConnected)) return;
      if (!document.hidden) {
        try {
          await work();
          ran = true;
        } catch (error) {
          if (!this.over) put(place, refused(error));
          return;
        }
      }
      setTimeout(again, seconds * 1000);
    };
    let ran = false;
    return again();
  }
}

// Waits before `work` until nothing more was asked for some time: for search fields.
export function calm(work, ms = 200) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), ms);
  };
}
