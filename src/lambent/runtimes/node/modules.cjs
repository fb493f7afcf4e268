// Lets `import` find packages in the directories of NODE_PATH (layers, the runtime's own), as `require` does by itself.
"use strict";

const { existsSync, realpathSync } = require("fs");
const module_ = require("module");
const path = require("path");
const { pathToFileURL } = require("url");

const USUAL = "/var/runtime";
const SHOWN = "/node_modules"; // where the sandbox shows the runtime's own, so that nothing has to be done for them

// Where the runtime's own packages are not at the usual place, NODE_PATH has to say so, before anything is required.
function relocate() {
  const { LAMBDA_RUNTIME_DIR: library, NODE_PATH: searched } = process.env;
  if (!library || library === USUAL || !searched) return;
  process.env.NODE_PATH = searched.replaceAll(USUAL, library);
  module_.Module._initPaths();
}

// The files, one in each such directory's parent, from whose place Node would find the directory by itself.
function vantagePoints() {
  const shown = existsSync(SHOWN) ? realpathSync(SHOWN) : "";
  return (process.env.NODE_PATH ?? "")
    .split(path.delimiter)
    .filter((directory) => path.basename(directory) === "node_modules" && existsSync(directory))
    .filter((directory) => realpathSync(directory) !== shown)
    .map((directory) => pathToFileURL(path.join(path.dirname(directory), "noone.mjs")).href);
}

// Called once, before the first import. Costs nothing where there is no such directory.
function searchNodePath() {
  const points = vantagePoints();
  if (points.length === 0) return;
  if (module_.registerHooks) {
    module_.registerHooks({ resolve: (...request) => resolve(points, ...request) });
  } else if (module_.register) {
    // Before Node.js 22.15 hooks live in a thread of their own, which takes its time: only where it is needed.
    module_.register("./resolve.mjs", { parentURL: pathToFileURL(__filename), data: { points } });
  }
}

function resolve(points, specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isPackage(specifier, error)) throw error;
    for (const parentURL of points) {
      try {
        return next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}

function isPackage(specifier, error) {
  return error?.code === "ERR_MODULE_NOT_FOUND" && !/^(\.|\/|[a-z]+:)/.test(specifier);
}

module.exports = { isPackage, relocate, searchNodePath };
