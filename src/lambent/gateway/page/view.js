// The life of a view: everything that it waits for ends with it, and it looks again only while it can be seen.

import { UNREACHABLE } from "./aws.js";
import { refused } from "./dom.js";

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
  // What is refused is shown above `place`, and ends it; a server that cannot be reached is asked again.
  every(seconds, place, work) {
    let alert = null;
    let ran = false;
    const told = (error) => {
      alert?.remove();
      alert = error && refused(error);
      if (alert) place.before(alert);
    };
    const again = async () => {
      if (this.over || (ran && !place.isConnected)) return;
      if (!document.hidden) {
        try {
          await work();
          ran = true;
          told(null);
        } catch (error) {
          if (this.over) return;
          told(error);
          if (error.code !== UNREACHABLE) {
            place.querySelector(".wait")?.remove();
            return;
          }
        }
      }
      setTimeout(again, seconds * 1000);
    };
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
