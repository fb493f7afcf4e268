// The runtime process of a Node.js function: `node … index.cjs`, started by the sandbox for one environment.
//
// Everything in this directory runs inside the sandbox, next to the function's own code, under Node.js 18 and later,
// and needs nothing but Node itself. It loads the handler, hands it one event after the other, and reports errors as
// Lambda does. It must not leave timers or handles behind that would keep a function's event loop from running empty.
"use strict";

const lines = require("./console.cjs");
const errors = require("./errors.cjs");
const { Runtime } = require("./runtime.cjs");
const shared = require("./shared.cjs");
const { load } = require("./handler.cjs");

const UNCAUGHT_EXCEPTION = 129;
const UNHANDLED_REJECTION = 128;

function runtimeOf() {
  const events = shared.eventsOfThisThread();
  if (events === 0) return new Runtime(connect());
  const { ApiConnection } = require("./api.cjs");
  const address = process.env.AWS_LAMBDA_RUNTIME_API;
  return new shared.SharedRuntime(Array.from({ length: events }, () => new ApiConnection(address)));
}

function connect() {
  const descriptor = process.env._LAMBENT_CHANNEL_FD;
  delete process.env._LAMBENT_CHANNEL_FD;
  if (descriptor !== undefined) {
    const { FramedConnection } = require("./framed.cjs");
    return new FramedConnection(Number(descriptor));
  }
  // Under a wrapper script, which may have closed descriptors or put a proxy before the Runtime API.
  const { ApiConnection } = require("./api.cjs");
  return new ApiConnection(process.env.AWS_LAMBDA_RUNTIME_API);
}

async function main() {
  lines.patch();
  const runtime = runtimeOf();
  process.on("uncaughtException", (error) => {
    lines.logError("Uncaught Exception", error);
    runtime.die(error, UNCAUGHT_EXCEPTION);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = new errors.UnhandledPromiseRejection(reason, promise);
    lines.logError("Unhandled Promise Rejection", error);
    runtime.die(error, UNHANDLED_REJECTION);
  });
  process.on("beforeExit", () => runtime.idle());
  const handler = await load(process.env.LAMBDA_TASK_ROOT || process.cwd(), process.env._HANDLER || "");
  runtime.serve(handler);
}

// What goes wrong before the first event is an uncaught exception of the runtime, and so an error of INIT.
if (shared.needsThreads()) shared.startThreads(__filename);
else main().catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
