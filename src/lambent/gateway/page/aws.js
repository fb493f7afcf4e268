// Calls of AWS's APIs, and of Lambent's own addresses, at the address that this page came from. Each is signed.

import { keys } from "./session.js";
import { queryOf, sign, strict } from "./sigv4.js";

const JSON_SERVICES = {
  events: { signing: "events", target: "AWSEvents", version: "1.1" },
  secretsmanager: { signing: "secretsmanager", target: "secretsmanager", version: "1.1" },
  cloudwatch: { signing: "monitoring", target: "GraniteServiceVersion20100801", version: "1.0" },
  logs: { signing: "logs", target: "Logs_20140328", version: "1.1" },
  sqs: { signing: "sqs", target: "AmazonSQS", version: "1.0" },
};
const FUNCTIONS = "/2015-03-31/functions";

export const UNREACHABLE = "Unreachable";

// A refusal in the server's own words, as AWS spells it.
export class Refusal extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

async function refusal(response) {
  const text = await response.text();
  const named = response.headers.get("x-amzn-errortype")?.split(":")[0];
  try {
    const tree = JSON.parse(text);
    const code = named ?? tree.__type?.split("#").pop() ?? tree.Code ?? tree.code;
    return new Refusal(code, tree.message ?? tree.Message ?? "", response.status);
  } catch {
    return new Refusal(texts(text, "Code")[0] ?? named ?? `HTTP ${response.status}`, texts(text, "Message")[0] ?? text, response.status);
  }
}

// One signed request; the Response of a success. Throws Refusal, or what fetch throws.
export async function send(service, { method = "GET", path = "/", query, headers = {}, body = "", signal, as }) {
  const who = as ?? keys();
  if (who === null) throw new Refusal("NotLoggedIn", "Log in with an access key first", 0);
  const asked = { method, path, query: queryOf(query), headers, body, host: location.host };
  const signed = await sign(asked, who, { region: who.region, service }, new Date());
  const address = path + (asked.query ? `?${asked.query}` : "");
  const sent = { method, headers: signed, signal, cache: "no-store", credentials: "omit", redirect: "error" };
  const response = await fetch(address, method === "GET" ? sent : { ...sent, body }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Refusal(UNREACHABLE, "The server does not answer.", 0);
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

// An operation of a service that speaks JSON.
export async function ask(service, operation, params = {}, signal = undefined) {
  const { signing, target, version } = JSON_SERVICES[service];
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": `${target}.${operation}` };
  const response = await send(signing, { method: "POST", headers, body: JSON.stringify(params), signal });
  return response.json();
}

// What a path of a service that speaks REST tells.
export async function rest(service, path, query = {}, signal = undefined) {
  return (await send(service, { path, query, signal })).json();
}

// The same of Lambda's API.
export function lambda(path, query = {}, signal = undefined) {
  return rest("lambda", path, query, signal);
}

export function functionPath(name, ...rest) {
  return [FUNCTIONS, strict(name), ...rest].join("/");
}

// An operation of X-Ray, by its path.
export async function xray(path, params, signal = undefined) {
  const headers = { "content-type": "application/json" };
  return (await send("xray", { method: "POST", path, headers, body: JSON.stringify(params), signal })).json();
}

// One of Lambent's own addresses.
export async function own(name, query = {}, signal = undefined) {
  return (await send("lambda", { path: `/_lambent/${name}`, query, signal })).json();
}

// Every function, a page at a time.
export async function* functions(signal) {
  let marker;
  do {
    const page = await lambda(`${FUNCTIONS}/`, { Marker: marker }, signal);
    yield page.Functions;
    marker = page.NextMarker;
  } while (marker);
}

// Every item of a listing of one of the JSON services.
export async function* pages(service, operation, items, params, signal, token = "nextToken") {
  let next;
  do {
    const page = await ask(service, operation, { ...params, ...(next ? { [token]: next } : {}) }, signal);
    yield page[items] ?? [];
    next = page[token];
  } while (next);
}

// The same of a service that speaks REST.
export async function* restPages(service, path, items, signal, token = "NextToken") {
  let next;
  do {
    const page = await rest(service, path, { [token]: next }, signal);
    yield page[items] ?? [];
    next = page[token === "Marker" ? "NextMarker" : token];
  } while (next);
}

// An operation of a service that speaks forms and XML; the XML.
export async function form(service, params, { as, signal } = {}) {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  return (await send(service, { method: "POST", headers, body: queryOf(params), as, signal })).text();
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

// The texts of all elements of a name in XML that holds no attributes there.
export function texts(xml, name) {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => text.replace(
    /&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, ten, word) => ENTITIES[word] ?? (hex || ten
      ? String.fromCodePoint(hex ? parseInt(hex, 16) : Number(ten)) : whole)));
}

// The ARN of whoever holds `who`. Throws Refusal for keys that are not known.
export async function identity(who) {
  return texts(await form("sts", { Action: "GetCallerIdentity", Version: "2011-06-15" }, { as: who }), "Arn")[0] ?? "";
}
