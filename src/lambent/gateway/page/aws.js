// Calls of AWS's APIs, and of Lambent's own addresses, at the address that this page came from. Each is signed.

import { keys } from "./session.js";
import { queryOf, sign, strict } from "./sigv4.js";

const JSON_SERVICES = {
  cloudwatch: { signing: "monitoring", target: "GraniteServiceVersion20100801", version: "1.0" },
  logs: { signing: "logs", target: "Logs_20140328", version: "1.1" },
  sqs: { signing: "sqs", target: "AmazonSQS", version: "1.0" },
};
const FUNCTIONS = "/2015-03-31/functions";

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
    const part = (tag) => text.match(new RegExp(`<${tag}>([^<]*)</${tag}>`))?.[1];
    return new Refusal(part("Code") ?? named ?? `HTTP ${response.status}`, part("Message") ?? text, response.status);
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
  const response = await fetch(address, method === "GET" ? sent : { ...sent, body });
  if (!response.ok) throw await refusal(response);
  return response;
}

// An operation of CloudWatch, CloudWatch Logs or SQS.
export async function ask(service, operation, params = {}, signal = undefined) {
  const { signing, target, version } = JSON_SERVICES[service];
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": `${target}.${operation}` };
  const response = await send(signing, { method: "POST", headers, body: JSON.stringify(params), signal });
  return response.json();
}

// A path of Lambda's API.
export async function lambda(path, query = {}, signal = undefined) {
  return (await send("lambda", { path, query, signal })).json();
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

// The ARN of whoever holds `who`. Throws Refusal for keys that are not known.
export async function identity(who) {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const body = "Action=GetCallerIdentity&Version=2011-06-15";
  const text = await (await send("sts", { method: "POST", headers, body, as: who })).text();
  return text.match(/<Arn>([^<]*)<\/Arn>/)?.[1] ?? "";
}

// One invocation: what Invoke answered, with its log tail as text and the trace it belongs to.
export async function invoke(name, payload, { type, qualifier, traced, signal }) {
  const headers = { "content-type": "application/json", "x-amz-invocation-type": type };
  if (type === "RequestResponse") headers["x-amz-log-type"] = "Tail";
  if (traced) headers["x-amzn-trace-id"] = `Root=${newTrace()};Sampled=1`;
  const path = functionPath(name, "invocations");
  const response = await send("lambda", { method: "POST", path, query: { Qualifier: qualifier }, headers, body: payload, signal });
  const tail = response.headers.get("x-amz-log-result");
  return {
    status: response.status,
    request: response.headers.get("x-amzn-requestid"),
    version: response.headers.get("x-amz-executed-version"),
    error: response.headers.get("x-amz-function-error"),
    trace: traceOf(headers["x-amzn-trace-id"] ?? response.headers.get("x-amzn-trace-id")),
    log: tail ? new TextDecoder().decode(Uint8Array.from(atob(tail), (c) => c.charCodeAt(0))) : "",
    answer: await response.text(),
  };
}

function newTrace() {
  const random = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `1-${Math.floor(Date.now() / 1000).toString(16).padStart(8, "0")}-${random}`;
}

// The trace id of an X-Ray header, or of a log line that names it.
export function traceOf(text) {
  return text?.match(/1-[0-9a-f]{8}-[0-9a-f]{24}/)?.[0];
}
