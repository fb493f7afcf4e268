// Finding the handler: the module that its name names, CommonJS or ES, and the function in it.
"use strict";

const fs = require("fs");
const path = require("path");
const errors = require("./errors.cjs");

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const ARGUMENTS_WITH_CALLBACK = 3;
const FIRST_WITHOUT_CALLBACKS = 24;

// The function that `name` (`folder/module.nested.function`) names below `root`. Throws Lambda's error types.
async function load(root, name) {
  offerGlobals();
  if (process.env.LAMBDA_RUNTIME_DIR !== "/var/runtime") require("./modules.cjs").relocate();
  if (name.includes("..")) {
    throw new errors.MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const last = path.basename(name);
  const folder = name.slice(0, name.indexOf(last));
  const [, module, property] = /^([^.]*)\.(.*)$/.exec(last) ?? [];
  if (property === undefined) throw new errors.MalformedHandlerName("Bad handler");
  const exported = await loadModule(root, folder, module);
  const handler = property.split(".").reduce((value, key) => value && value[key], exported);
  if (!handler) throw new errors.HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new errors.HandlerNotFound(`${name} is not a function`);
  return checked(handler);
}

// What Lambda adds to the global scope, made when it is first used.
function offerGlobals() {
  Object.defineProperty(globalThis, "gc", {
    configurable: true,
    get() {
      require("v8").setFlagsFromString("--expose-gc");
      const value = require("vm").runInNewContext("gc");
      Object.defineProperty(globalThis, "gc", { configurable: true, writable: true, value });
      return value;
    },
    set(value) {
      Object.defineProperty(globalThis, "gc", { configurable: true, writable: true, value });
    },
  });
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMING] = "response";
      if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = options.highWaterMark;
      return handler;
    },
    get HttpResponseStream() {
      return require("./stream.cjs").HttpResponseStream;
    },
  };
}

async function loadModule(root, folder, module) {
  try {
    return await tried(path.resolve(root, folder, module), root, folder, module);
  } catch (error) {
    if (error instanceof SyntaxError) {
      const told = new errors.UserCodeSyntaxError(error);
      told.stack = error.stack;
      throw told;
    }
    if (error?.code === "MODULE_NOT_FOUND") throw new errors.ImportModuleError(error);
    throw error;
  }
}

async function tried(file, root, folder, module) {
  if (isFile(file)) return require(file);
  if (isFile(`${file}.js`)) return isEsModule(path.dirname(file)) ? imported(`${file}.js`) : require(`${file}.js`);
  if (isFile(`${file}.mjs`)) return imported(`${file}.mjs`);
  if (isFile(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(require.resolve(module, { paths: [root, path.join(root, folder)] }));
}

function imported(file) {
  require("./modules.cjs").searchNodePath();
  return import(require("url").pathToFileURL(file).href);
}

function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

// Whether the nearest package.json makes `.js` files ES modules.
function isEsModule(folder) {
  if (folder.endsWith("/node_modules")) return false;
  const description = path.join(folder, "package.json");
  if (isFile(description)) {
    try {
      return JSON.parse(fs.readFileSync(description, "utf8")).type === "module";
    } catch (error) {
      console.warn(`${description} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder === "/" ? false : isEsModule(path.dirname(folder));
}

function checked(handler) {
  const streaming = handler[STREAMING];
  if (streaming && streaming !== "response") {
    throw new errors.MalformedStreamingHandler("Only response streaming is supported.");
  }
  if (!streaming && withoutCallbacks() && handler.length >= ARGUMENTS_WITH_CALLBACK) {
    throw new errors.CallbackHandlerDeprecated(
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24." +
        " You need to modify this function to use a supported handler signature to use Node.js 24 or later." +
        " For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
  return handler;
}

// Lambda's promise is of the runtime that the function asked for, whichever version of Node serves it.
function withoutCallbacks() {
  const asked = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "");
  return asked !== null && Number(asked[1]) >= FIRST_WITHOUT_CALLBACKS;
}

function isStreaming(handler) {
  return handler[STREAMING] === "response";
}

module.exports = { HIGH_WATER_MARK, isStreaming, load, withoutCallbacks };
