// The same as `resolve` in modules.cjs for the versions of Node whose hooks are asynchronous, in their thread.
import modules from "./modules.cjs";

let points = [];

export async function initialize(data) {
  points = data.points;
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!modules.isPackage(specifier, error)) throw error;
    for (const parentURL of points) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}
