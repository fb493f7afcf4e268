// What waits: queues with the age of their oldest message, event source mappings, asynchronous events with their retries.

import { ask, lambda, own, pages } from "./aws.js";
import { badge, h, put, refused, table, to } from "./dom.js";
import { count, plain, span } from "./text.js";

const AT_ONCE = 8;

// `work` for each of `items`, a few at once; results in their order.
async function each(items, work) {
  const results = new Array(items.length);
  let index = 0;
  const worker = async () => {
    while (index < items.length) {
      const mine = index;
      index += 1;
      results[mine] = await work(items[mine]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

// The age of a queue's oldest message, in ms; undefined where nobody may look, null for none.
async function oldest(name, signal) {
  try {
    const [first] = (await own("queue", { name, limit: "1" }, signal)).Messages;
    return first === undefined ? null : Math.max(0, Date.now() - first.Sent * 1000);
  } catch {
    return undefined;
  }
}

async function queues(signal) {
  const urls = [];
  for await (const page of pages("sqs", "ListQueues", "QueueUrls", { MaxResults: 1000 }, signal, "NextToken")) urls.push(...page);
  return each(urls, async (url) => {
    const name = url.split("/").pop();
    const [{ Attributes: all }, age] = await Promise.all([
      ask("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] }, signal), oldest(name, signal)]);
    const redrive = all.RedrivePolicy ? JSON.parse(all.RedrivePolicy) : null;
    return [plain(name), count(all.ApproximateNumberOfMessages), count(all.ApproximateNumberOfMessagesNotVisible),
      count(all.ApproximateNumberOfMessagesDelayed), age === undefined ? "?" : age === null ? "–" : span(age),
      redrive ? `${redrive.maxReceiveCount} times, then ${redrive.deadLetterTargetArn.split(":").pop()}` : "until they expire"];
  });
}

async function mappings(signal) {
  const rows = [];
  let marker;
  do {
    const page = await lambda("/2015-03-31/event-source-mappings/", { Marker: marker }, signal);
    for (const one of page.EventSourceMappings) {
      const name = one.FunctionArn?.split(":")[6] ?? "";
      const retries = one.MaximumRetryAttempts === undefined || one.MaximumRetryAttempts === -1 ? "–" : count(one.MaximumRetryAttempts);
      rows.push([h("a", { href: to("functions", name) }, name), plain(one.EventSourceArn?.split(":").slice(2).join(":") ?? "self-managed"),
        badge(one.State, one.State === "Enabled" ? "good" : "warn"), count(one.BatchSize), retries,
        plain(one.LastProcessingResult ?? one.StateTransitionReason ?? "")]);
    }
    marker = page.NextMarker;
  } while (marker);
  return rows;
}

async function events(signal) {
  const { Counts: counts, Waiting: waiting } = await own("async", {}, signal);
  const names = [...new Set([...Object.keys(counts), ...Object.keys(waiting)])].sort();
  return names.map((line) => {
    const one = counts[line] ?? {};
    const left = waiting[line];
    const name = line.split("/").pop();
    return [h("a", { href: to("functions", name) }, name), count(typeof left === "object" ? left.messages ?? 0 : left ?? 0),
      count(one.received), count(one.succeeded), count(one.retried), count(one.failed), count(one.throttled), count(one.dropped),
      span(one.last_age_ms ?? 0)];
  });
}

const PARTS = [
  ["Queues", queues, ["Queue", "Waiting", "In flight", "Delayed", "Oldest", "Tried"], [1, 2, 3, 4], "No queues."],
  ["Event source mappings", mappings, ["Function", "Source", "State", "Batch", "Retries", "Last result"], [3, 4], "No mappings."],
  ["Asynchronous events", events,
    ["Function", "Waiting", "Received", "Succeeded", "Retried", "Failed", "Throttled", "Dropped", "Last age"],
    [1, 2, 3, 4, 5, 6, 7, 8], "None since the server started."],
];

export async function show(place, _rest, view) {
  put(place, h("div", { class: "bar" }, h("h1", {}, "Queues")), PARTS.map(([title, read, headings, numeric, none]) => {
    const body = h("div", {}, "…");
    view.every(3, body, async () => {
      let shown;
      try {
        const rows = await read(view.signal);
        shown = rows.length === 0 ? h("p", { class: "empty" }, none) : table(headings, rows, numeric);
      } catch (error) {
        shown = refused(error); // one that this user may not see leaves the others
      }
      if (!view.over && !body.contains(document.activeElement)) put(body, shown);
    });
    return h("section", {}, h("h2", {}, title), body);
  }));
}
