// One invocation by Invoke, traced if wished.

import { functionPath, send } from "./aws.js";

// What Invoke answered, with its log tail as text and the trace it belongs to.
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
