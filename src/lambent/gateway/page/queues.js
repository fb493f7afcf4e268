// What waits: queues with the age of their oldest message, event source mappings, asynchronous events with their retries.

import { ask, own, pages, restPages } from "./aws.js";
import { badge, link } from "./dom.js";
import { all, detailed, sections } from "./sections.js";
import { show as queue } from "./queue.js";
import { count, plain, span } from "./text.js";

const MAPPINGS = "/2015-03-31/event-source-mappings/";

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
  const urls = await all(pages("sqs", "ListQueues", "QueueUrls", { MaxResults: 1000 }, signal, "NextToken"));
  return detailed(urls, async (url) => {
    const name = url.split("/").pop();
    const [{ Attributes: its }, age] = await Promise.all([
      ask("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] }, signal), oldest(name, signal)]);
    const redrive = its.RedrivePolicy ? JSON.parse(its.RedrivePolicy) : null;
    return [{ key: name, cell: link(plain(name), "queues", name) }, count(its.ApproximateNumberOfMessages), count(its.ApproximateNumberOfMessagesNotVisible),
      count(its.ApproximateNumberOfMessagesDelayed), age === undefined ? "?" : age === null ? "–" : span(age),
      redrive ? `${redrive.maxReceiveCount} times, then ${plain(redrive.deadLetterTargetArn.split(":").pop())}` : "until they expire"];
  }, (url) => link(plain(url.split("/").pop()), "queues", url.split("/").pop()));
}

async function mappings(signal) {
  return (await all(restPages("lambda", MAPPINGS, "EventSourceMappings", signal, "Marker"))).map((one) => {
    const name = one.FunctionArn?.split(":")[6] ?? "";
    const retries = one.MaximumRetryAttempts === undefined || one.MaximumRetryAttempts === -1 ? "–" : count(one.MaximumRetryAttempts);
    return [{ key: one.UUID, cell: link(name, "functions", name) }, plain(one.EventSourceArn?.split(":").slice(2).join(":") ?? "self-managed"),
      badge(one.State, one.State === "Enabled" ? "good" : "warn"), count(one.BatchSize), retries,
      plain(one.LastProcessingResult ?? one.StateTransitionReason ?? "")];
  });
}

async function events(signal) {
  const { Counts: counts, Waiting: waiting } = await own("async", {}, signal);
  const names = [...new Set([...Object.keys(counts), ...Object.keys(waiting)])].sort();
  return names.map((line) => {
    const one = counts[line] ?? {};
    const left = waiting[line];
    const name = line.split("/").pop();
    return [{ key: line, cell: link(name, "functions", name) }, count(typeof left === "object" ? left.messages ?? 0 : left ?? 0),
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

export function show(place, [name], view) {
  return name === undefined ? sections(place, "Queues", PARTS, view) : queue(place, name, view);
}
