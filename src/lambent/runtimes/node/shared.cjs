// Several events at once, on managed instances: AWS_LAMBDA_MAX_CONCURRENCY says how many. Up to 64 are served in one
// thread, asynchronously; more of them in several worker threads.
"use strict";

const { Worker, isMainThread, workerData } = require("worker_threads");
const lines = require("./console.cjs");
const errors = require("./errors.cjs");
const { isStreaming } = require("./handler.cjs");
const { Invocation, awaited, streamed } = require("./runtime.cjs");

const EVENTS_A_THREAD = 64;
const NO_THREAD_LEFT = 1;

function concurrency() {
  return Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY || 0);
}

// How many events this thread serves at once; 0 where it is one after the other.
function eventsOfThisThread() {
  return isMainThread ? concurrency() : workerData.events;
}

function needsThreads() {
  return isMainThread && concurrency() > EVENTS_A_THREAD;
}

// Run `file` in as many threads as it takes. One that ends is lost; the process ends with the last one.
function startThreads(file) {
  // A thread that wrote its frames in pieces would cut those of others: lines go through this thread instead.
  delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  const count = Math.ceil(concurrency() / EVENTS_A_THREAD);
  let left = count;
  for (let number = 0; number < count; number += 1) {
    const events = Math.floor((concurrency() + number) / count);
    const thread = new Worker(file, { workerData: { events } });
    thread.on("error", (error) => console.error(error));
    thread.on("exit", () => {
      left -= 1;
      if (left === 0) process.exit(NO_THREAD_LEFT);
    });
  }
}

// Like Runtime, with a connection for each event that may be in work. A handler's callback is none of its arguments:
// whether the event loop is empty says nothing about one event among others.
class SharedRuntime {
  #connections;
  #apart = lines.keepApart();
  #serving = false;

  constructor(connections) {
    this.#connections = connections;
  }

  serve(handler) {
    this.#serving = true;
    const style = isStreaming(handler) ? streamed : awaited;
    for (const connection of this.#connections) {
      const next = () => connection.next(take);
      const take = (meta, text) =>
        this.#apart(meta.id, () => style(handler, new Invocation(meta, text, connection, next)));
      next();
    }
  }

  idle() {}

  // Nobody knows whose error it was: whoever waits for this thread runs into the timeout.
  die(error, status) {
    const leave = () => process.exit(status);
    if (this.#serving) leave();
    else this.#connections[0].failInit(errors.described(error), leave);
  }
}

module.exports = { SharedRuntime, eventsOfThisThread, needsThreads, startThreads };
