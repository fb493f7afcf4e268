// Lambda's own error types of Node.js functions, and how errors are told to callers and to logs.
"use strict";

const { types } = require("util");

function named(name) {
  const type = class extends Error {};
  type.prototype.name = `Runtime.${name}`;
  return type;
}

class UnhandledPromiseRejection extends named("UnhandledPromiseRejection") {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}

// DEL is legal in JSON, but not in the header that an error type is sent in: AWS writes it as %7F everywhere.
function withoutDel(text) {
  return text.replace(/\x7F/g, "%7F");
}

function looksLikeError(value) {
  const said = [value.name, value.message, value.stack];
  return said.every((text) => typeof text === "string" && text !== "");
}

// The error as its caller reads it: {errorType, errorMessage, trace}. Never throws, whatever was thrown.
function described(error) {
  try {
    if (types.isNativeError(error) || looksLikeError(error)) {
      return {
        errorType: withoutDel(error.name),
        errorMessage: withoutDel(error.message),
        trace: withoutDel(error.stack).split("\n"),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    };
  }
}

// An Error among what is logged, with all that was put on it.
function spelledOut(key, value) {
  if (!(value instanceof Error)) return value;
  const told = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === "string") told.stack = value.stack.split("\n");
  return told;
}

// The error as the second column of a text log line.
function column(error) {
  try {
    return `\t${JSON.stringify(error, spelledOut)}`;
  } catch {
    return `\t${JSON.stringify(described(error))}`;
  }
}

function asError(value) {
  return value instanceof Error ? value : new Error(value);
}

module.exports = {
  CallbackHandlerDeprecated: named("CallbackHandlerDeprecated"),
  HandlerNotFound: named("HandlerNotFound"),
  ImportModuleError: named("ImportModuleError"),
  InvalidStreamingOperation: named("InvalidStreamingOperation"),
  MalformedHandlerName: named("MalformedHandlerName"),
  MalformedStreamingHandler: named("MalformedStreamingHandler"),
  NodeJsExit: named("NodeJsExit"),
  UnhandledPromiseRejection,
  UserCodeSyntaxError: named("UserCodeSyntaxError"),
  asError,
  column,
  described,
};
