// Signature Version 4 by the browser's own cryptography. Pure but for that: keys and time are given.

const encoder = new TextEncoder();
const derived = new Map();

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function hash(text) {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

async function mac(key, text) {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", made, encoder.encode(text));
}

// The key of one day, region and service: the four steps are taken once.
function signingKey(secret, ...scope) {
  const name = JSON.stringify([secret, ...scope]);
  if (!derived.has(name)) {
    const steps = async () => {
      let key = encoder.encode("AWS4" + secret);
      for (const part of [...scope, "aws4_request"]) key = await mac(key, part);
      return key;
    };
    derived.set(name, steps());
  }
  return derived.get(name);
}

// Forget every derived key, as at the end of a session.
export function forget() {
  derived.clear();
}

// Percent-encoded as AWS does: all but letters, digits and - . _ ~
export function strict(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}

// A query in canonical form, which is the form that is sent: sorted, encoded. `pairs` is an object of texts.
export function queryOf(pairs) {
  return Object.entries(pairs ?? {}).filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => [strict(name), strict(value)])
    .sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map((pair) => pair.join("=")).join("&");
}

// The headers to send. `request`: method, host, path (percent-encoded), query (canonical), headers, body (text);
// `keys`: id, secret, token; `scope`: region, service; `now`: a Date.
export async function sign(request, keys, scope, now) {
  const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = stamp.slice(0, 8);
  const sent = { ...request.headers, "x-amz-date": stamp };
  if (keys.token) sent["x-amz-security-token"] = keys.token;
  const all = { ...sent, host: request.host };
  const names = Object.keys(all).sort();
  const path = request.path.split("/").map(strict).join("/");
  const lines = names.map((name) => `${name}:${String(all[name]).trim().replace(/\s+/g, " ")}\n`).join("");
  const canonical = [request.method, path, request.query, lines, names.join(";"), await hash(request.body)].join("\n");
  const where = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", stamp, where, await hash(canonical)].join("\n");
  const signature = hex(await mac(await signingKey(keys.secret, day, scope.region, scope.service), text));
  const signed = `Credential=${keys.id}/${where}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${signed}` };
}
