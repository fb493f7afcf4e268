// One queue: its attributes, and its oldest messages, which looking at them does not receive.

import { ask, own } from "./aws.js";
import { badge, crumb, facts, h, link, put, refused } from "./dom.js";
import { List } from "./list.js";
import { clock, count, moment, plain, pretty, span } from "./text.js";

const MOST = 200; // messages
const CLIPPED = 300;
const TONES = { visible: "good", held: "busy", delayed: "warn" };
const COLUMNS = [["Sent", "when quiet"], ["Body", "grow"], ["Tried", "cell tiny number"], ["State", "cell small"]];

function row(one) {
  return [h("time", { title: moment(one.Sent * 1000) }, clock(one.Sent * 1000)), h("code", {}, plain(one.Body.slice(0, CLIPPED)).replaceAll("\n", " ⏎ ")), count(one.Receives), badge(one.State, TONES[one.State])];
}

function attributes(its) {
  const seconds = (text) => (text === undefined ? undefined : span(Number(text) * 1000));
  const redrive = its.RedrivePolicy ? JSON.parse(its.RedrivePolicy) : null;
  const dead = redrive?.deadLetterTargetArn.split(":").pop();
  return facts([
    ["ARN", h("code", {}, plain(its.QueueArn))], ["Waiting", count(its.ApproximateNumberOfMessages)],
    ["In flight", count(its.ApproximateNumberOfMessagesNotVisible)], ["Delayed", count(its.ApproximateNumberOfMessagesDelayed)],
    ["Held for", seconds(its.VisibilityTimeout)], ["Kept for", seconds(its.MessageRetentionPeriod)], ["Delay", seconds(its.DelaySeconds)],
    ["Kind", its.FifoQueue === "true" ? "FIFO" : "standard"],
    ["Dead letters", redrive && [`after ${redrive.maxReceiveCount} tries to `, link(plain(dead), "queues", dead)]], ["Policy", its.Policy && h("pre", {}, plain(pretty(its.Policy)))],
  ]);
}

export async function show(place, name, view) {
  const { QueueUrl: url } = await ask("sqs", "GetQueueUrl", { QueueName: name }, view.signal);
  const told = h("section", { class: "card" }, h("p", { class: "wait" }));
  const [said, tally] = [h("div", {}), h("span", { class: "quiet", "aria-live": "polite" })];
  const detail = h("div", { class: "detail", hidden: true });
  const list = new List({ columns: COLUMNS, row, height: 30, label: `Messages of ${name}`, opened: (one) => {
    detail.hidden = false;
    put(detail, h("div", { class: "bar tight" }, h("code", {}, one.MessageId), one.Group ? badge(plain(one.Group)) : null,
      one.DeadLetterOf ? h("span", { class: "quiet" }, "from ", plain(one.DeadLetterOf.split(/[:/]/).pop())) : null, h("span", { class: "spring" }),
      h("button", { onclick: () => { detail.hidden = true; list.element.focus(); } }, "Close")),
    h("pre", { tabindex: 0 }, plain(pretty(one.Body))));
  } });
  put(place, h("div", { class: "bar" }, crumb("Queues", "queues"), h("h1", {}, plain(name))), told,
    h("div", { class: "bar tight above" }, h("h2", {}, "Oldest messages"), tally), said, list.element, detail);
  let before = "";
  await view.every(2, said, async () => {
    const { Attributes: its } = await ask("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] }, view.signal);
    if (view.over) return;
    put(told, attributes(its));
    const messages = await own("queue", { name, limit: String(MOST) }, view.signal).then((found) => found.Messages, (error) => error);
    if (view.over) return;
    if (!Array.isArray(messages)) { // looking into queues is the root key's alone
      put(said, refused(messages));
      list.element.hidden = true;
      return;
    }
    const now = JSON.stringify(messages);
    if (now !== before) list.show(messages, { keep: true });
    before = now;
    put(tally, messages.length === 0 ? "none" : messages.length === MOST ? `the first ${MOST}` : count(messages.length));
  });
}
