// The console as Lambda has it: each call is one log event, in the text or the JSON format.
//
// Events go through the framed log descriptor, so that one with line ends in it stays one; without it, to stdout.
"use strict";

const { fstatSync, writeSync } = require("fs");
const { format } = require("util");
const errors = require("./errors.cjs");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const METHODS = { trace: 0, debug: 1, info: 2, log: 2, warn: 3, error: 4 };
const FATAL = 5;
const FRAME_OF_TEXT = 0xa55a0003;
const FRAME_OF_JSON = 0xa55a0002;
const FRAME_HEAD = 16;

let current = {};
let currentOf = () => current;
let asJson = false;

// From now on events belong to this invocation.
function belongTo(requestId, tenantId) {
  current = { requestId, tenantId };
}

// Where several invocations run at once, each has events of its own: they belong to what `work` does, and what that
// begins. Returns what begins such work.
function keepApart() {
  const { AsyncLocalStorage } = require("async_hooks");
  const storage = new AsyncLocalStorage();
  currentOf = () => storage.getStore() ?? current;
  return (requestId, work) => storage.run({ requestId }, work);
}

function patch() {
  const { _LAMBDA_TELEMETRY_LOG_FD: descriptor, _LAMBENT_LOG_PIPE: pipe } = process.env;
  delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  delete process.env._LAMBENT_LOG_PIPE;
  asJson = (process.env.AWS_LAMBDA_LOG_FORMAT || "").toUpperCase() === "JSON";
  const line = asJson ? jsonLine : textLine;
  const write = isThere(Number(descriptor), pipe) ? frameWriter(Number(descriptor)) : writeLine;
  const lowest = LEVELS.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL || "TRACE").toUpperCase());
  const logger = (level) => (first, ...rest) => {
    const now = new Date();
    write(level, now, line(LEVELS[level], now.toISOString(), [first, ...rest]));
  };
  for (const [method, level] of Object.entries(METHODS)) {
    console[method] = level >= lowest ? logger(level) : () => {};
  }
  console.fatal = logger(FATAL);
}

// A wrapper script (the only case where the pipe itself is named) may have closed it, and Node have taken its number.
function isThere(descriptor, pipe) {
  if (pipe === undefined) return !Number.isNaN(descriptor);
  try {
    return String(fstatSync(descriptor).ino) === pipe;
  } catch {
    return false;
  }
}

// An error that the runtime reports, with its stack.
function logError(title, error) {
  if (asJson) console.error(errors.asError(error));
  else console.error(title, errors.column(errors.asError(error)));
}

function textLine(level, time, values) {
  return `${time}\t${currentOf().requestId}\t${level}\t${format(...values)}`;
}

function jsonLine(level, timestamp, values) {
  const { requestId, tenantId } = currentOf();
  const line = { timestamp, level, requestId };
  if (tenantId !== undefined) line.tenantId = tenantId;
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...line, message: values[0] }, errorAsObject);
    } catch {
      return JSON.stringify({ ...line, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...line, message: format(...values), ...(error && told(error)) });
}

function errorAsObject(key, value) {
  return value instanceof Error ? { ...told(value), ...value } : value;
}

function told(error) {
  const { stack } = error;
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof stack === "string" ? stack.split("\n") : stack,
  };
}

function writeLine(level, now, text) {
  process.stdout.write(`${text.replace(/\n/g, "\r")}\n`);
}

// Frames: type with level, length, microseconds, message; big-endian.
function frameWriter(descriptor) {
  const type = asJson ? FRAME_OF_JSON : FRAME_OF_TEXT;
  return (level, now, text) => {
    const length = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(FRAME_HEAD + length);
    frame.writeUInt32BE((type | ((level + 1) << 2)) >>> 0, 0);
    frame.writeUInt32BE(length, 4);
    frame.writeBigUInt64BE(BigInt(now.getTime()) * 1000n, 8);
    frame.write(text, FRAME_HEAD);
    for (let written = 0; written < frame.length; ) written += writeSync(descriptor, frame, written);
  };
}

module.exports = { belongTo, keepApart, logError, patch };
