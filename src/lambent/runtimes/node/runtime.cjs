// One event after the other: the context, the three styles of handlers, and what happens when the event loop is empty.
"use strict";

const lines = require("./console.cjs");
const errors = require("./errors.cjs");
const { HIGH_WATER_MARK, isStreaming, withoutCallbacks } = require("./handler.cjs");

const JSON_TYPE = "application/json";

class Runtime {
  #connection;
  #serving = false;
  #current = null;
  #run;
  #next = (meta, text) => this.#take(meta, text);

  constructor(connection) {
    this.#connection = connection;
  }

  // Ask for events and hand them to `handler`, for as long as the process lives.
  serve(handler) {
    const style = isStreaming(handler) ? streamed : withoutCallbacks() ? awaited : classic;
    this.#run = (invocation) => style(handler, invocation);
    this.#serving = true;
    this.#connection.next(this.#next);
  }

  // The event loop is empty, and the process would end: whoever waits for that, or is lost, is told.
  idle() {
    this.#current?.whenIdle();
  }

  // End the process for an error that nobody caught: it is INIT's, or that of the event in work.
  die(error, status) {
    const leave = () => process.exit(status);
    const description = errors.described(error);
    const current = this.#current;
    if (!this.#serving) this.#connection.failInit(description, leave);
    else if (current === null) leave();
    else if (!current.stream?.fail(description, leave)) this.#connection.fail(current.meta.id, description, leave);
  }

  #take(meta, text) {
    lines.belongTo(meta.id, meta.tenant);
    if (meta.trace === undefined) delete process.env._X_AMZN_TRACE_ID;
    else process.env._X_AMZN_TRACE_ID = meta.trace;
    this.#current = new Invocation(meta, text, this.#connection, () => {
      this.#current = null;
      this.#connection.next(this.#next);
    });
    this.#run(this.#current);
  }
}

// One event and its answer, which is given once.
class Invocation {
  whenIdle = () => {};
  stream = null;
  #connection;
  #over;
  #text;
  #open = true;

  constructor(meta, text, connection, over) {
    this.meta = meta;
    this.#text = text;
    this.#connection = connection;
    this.#over = over;
  }

  event() {
    return JSON.parse(this.#text);
  }

  context() {
    const { meta } = this;
    return {
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: parsed(meta.client, "ClientContext"),
      identity: parsed(meta.identity, "CognitoIdentity"),
      invokedFunctionArn: meta.arn,
      awsRequestId: meta.id,
      tenantId: meta.tenant,
      getRemainingTimeInMillis: () => meta.deadline - Date.now(),
    };
  }

  succeed(value) {
    if (!this.#open) return;
    let text;
    try {
      text = JSON.stringify(value === undefined ? null : value);
    } catch {
      this.fail(new Error("Unable to stringify response body"));
      return;
    }
    // A function or a symbol has no JSON at all.
    this.respond(text ?? "null", JSON_TYPE);
  }

  respond(payload, contentType) {
    this.#close(() => this.#connection.respond(this.meta.id, payload, contentType));
  }

  // The stream whose content is the answer, until it has ended.
  openStream(options) {
    const { ResponseStream } = require("./stream.cjs");
    this.stream = new ResponseStream((contentType) => this.#connection.stream(this.meta.id, contentType), options);
    return this.stream;
  }

  // All of the stream was sent.
  streamed() {
    this.#close(() => {});
  }

  fail(error) {
    this.#close(() => {
      lines.logError("Invoke Error", error);
      const description = errors.described(error);
      if (!this.stream?.fail(description)) this.#connection.fail(this.meta.id, description);
    });
  }

  #close(answer) {
    if (!this.#open) return;
    this.#open = false;
    this.whenIdle = () => {};
    answer();
    this.#over();
  }

  // A promise that nothing is left to settle.
  failAsLost() {
    this.fail(
      new errors.NodeJsExit(
        "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a" +
          " Promise that was never settled. For more information, see" +
          " https://nodejs.org/docs/latest/api/process.html#exit-codes",
      ),
    );
  }
}

// Node.js 18 to 22: a promise, or a callback, or neither. A callback's answer waits until the event loop is empty,
// unless the handler asked not to; a handler that calls nothing answers null then.
function classic(handler, invocation) {
  let waits = true;
  let called = false;
  const once = (work) => (...values) => {
    if (called) return;
    called = true;
    work(...values);
  };
  const done = (error, value) => (isNothing(error) ? invocation.succeed(value) : invocation.fail(error));
  const callback = (error, value) => {
    if (!isNothing(error) || !waits) done(error, value);
    else invocation.whenIdle = () => setImmediate(() => invocation.succeed(value));
  };
  const styles = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    succeed: once((value) => done(null, value)),
    fail: once((error) => done(error ?? "handled")),
    done: once(done),
  };
  invocation.whenIdle = () => invocation.succeed(null);
  try {
    const context = Object.assign(styles, invocation.context());
    const result = handler(invocation.event(), context, once(callback));
    if (isPromise(result)) {
      if (!called) invocation.whenIdle = () => invocation.failAsLost();
      result.then(styles.succeed, styles.fail);
    }
  } catch (error) {
    once(done)(error ?? "handled");
  }
}

// Node.js 24 and later: what the handler returns, now or as a promise.
async function awaited(handler, invocation) {
  invocation.whenIdle = () => invocation.failAsLost();
  try {
    invocation.succeed(await handler(invocation.event(), invocation.context()));
  } catch (error) {
    invocation.fail(error);
  }
}

// awslambda.streamifyResponse: the answer is what is written to the stream, as it is written.
async function streamed(handler, invocation) {
  const stream = invocation.openStream({ highWaterMark: handler[HIGH_WATER_MARK] });
  invocation.whenIdle = () => invocation.fail("Response stream is not finished.");
  try {
    const ended = new Promise((resolve, reject) => stream.on("finish", resolve).on("error", reject));
    ended.catch(() => {}); // told below, unless the handler itself fails first
    const result = handler(invocation.event(), stream, invocation.context());
    if (!isPromise(result)) throw "Streaming does not support non-async handlers.";
    if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
    await ended;
    invocation.streamed();
  } catch (error) {
    invocation.fail(error);
  }
}

function parsed(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

function isNothing(error) {
  return error === undefined || error === null;
}

function isPromise(value) {
  return typeof value?.then === "function";
}

module.exports = { Invocation, Runtime, awaited, streamed };
