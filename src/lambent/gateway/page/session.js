// Who is logged in: an access key that lives as long as this tab, and nowhere else.

import { forget } from "./sigv4.js";

const PLACE = "lambent.keys";

// {id, secret, token, region, arn}, or null.
export function keys() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    return null;
  }
}

export function keep(found) {
  sessionStorage.setItem(PLACE, JSON.stringify(found));
}

export function leave() {
  sessionStorage.removeItem(PLACE);
  forget();
}

// What is kept on this machine for good: saved events, the theme. Never a key.
export function saved(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`lambent.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function save(name, value) {
  localStorage.setItem(`lambent.${name}`, JSON.stringify(value));
}
