// What sends events on: topics, buses with their rules, schedules, pipes; and the names of secrets. Lists, as AWS's APIs give them.

import { ask, form, pages, restPages, rest, texts } from "./aws.js";
import { badge, h, link } from "./dom.js";
import { all, detailed, each, sections } from "./sections.js";
import { count, moment, plain } from "./text.js";

const SLOWLY = 10; // seconds between looks

// What an ARN leads to: a link where the page has a view of it, else its last parts.
function target(arn) {
  const parts = plain(arn).split(":");
  if (parts[2] === "lambda" && parts[5] === "function") return link(parts[6], "functions", parts[6]);
  return `${parts[2] ?? ""} ${parts.slice(5).join(":")}`.trim();
}

function state(word) {
  return badge(word, ["ENABLED", "RUNNING", "ACTIVE"].includes(word) ? "good" : "warn");
}

function when(time) {
  return time === undefined ? "–" : moment(typeof time === "number" ? time * 1000 : Date.parse(time));
}

async function sns(action, items, params, signal) {
  const found = [];
  let next;
  do {
    const xml = await form("sns", { Action: action, Version: "2010-03-31", ...params, ...(next ? { NextToken: next } : {}) }, { signal });
    found.push(...items(xml));
    [next] = texts(xml, "NextToken");
  } while (next);
  return found;
}

async function topics(signal) {
  const arns = await sns("ListTopics", (xml) => texts(xml, "TopicArn"), {}, signal);
  return detailed(arns, async (arn) => {
    const xml = await form("sns", { Action: "GetTopicAttributes", Version: "2010-03-31", TopicArn: arn }, { signal });
    const values = texts(xml, "value");
    const its = Object.fromEntries(texts(xml, "key").map((key, index) => [key, values[index]]));
    return [{ key: arn, cell: plain(arn.split(":").pop()) }, plain(its.DisplayName) || "–", its.FifoTopic === "true" ? "FIFO" : "standard",
      count(its.SubscriptionsConfirmed), count(its.SubscriptionsPending)];
  }, (arn) => plain(arn.split(":").pop()));
}

async function subscriptions(signal) {
  const read = (xml) => {
    const [topic, protocol, endpoint, arn] = ["TopicArn", "Protocol", "Endpoint", "SubscriptionArn"].map((name) => texts(xml, name));
    return arn.map((one, index) => [{ key: `${one} ${endpoint[index]}`, cell: plain(topic[index].split(":").pop()) }, protocol[index],
      endpoint[index].startsWith("arn:") ? target(endpoint[index]) : plain(endpoint[index]),
      badge(one.startsWith("arn:") ? "confirmed" : "pending", one.startsWith("arn:") ? "good" : "warn")]);
  };
  return sns("ListSubscriptions", read, {}, signal);
}

function events(operation, items, params, signal) {
  return all(pages("events", operation, items, params, signal, "NextToken"));
}

async function buses(signal) {
  return (await events("ListEventBuses", "EventBuses", {}, signal)).map((bus) => [
    { key: bus.Name, cell: plain(bus.Name) }, plain(bus.Description) || "–", bus.Policy ? "others may put" : "this account"]);
}

async function rules(signal) {
  const named = await events("ListEventBuses", "EventBuses", {}, signal);
  const found = (await each(named, ({ Name: bus }) => events("ListRules", "Rules", { EventBusName: bus }, signal))).flat();
  return detailed(found, async (rule) => {
    const { Targets: targets } = await ask("events", "ListTargetsByRule", { Rule: rule.Name, EventBusName: rule.EventBusName }, signal);
    return [{ key: rule.Arn, cell: plain(rule.Name) }, plain(rule.EventBusName), state(rule.State),
      h("code", {}, plain(rule.ScheduleExpression ?? rule.EventPattern)), targets.map((one) => h("div", {}, target(one.Arn)))];
  }, (rule) => plain(rule.Name));
}

async function schedules(signal) {
  const found = await all(restPages("scheduler", "/schedules", "Schedules", signal));
  return detailed(found, async (one) => {
    const its = await rest("scheduler", `/schedules/${encodeURIComponent(one.Name)}`, { groupName: one.GroupName }, signal);
    return [{ key: one.Arn, cell: plain(one.Name) }, plain(one.GroupName), state(one.State),
      h("code", {}, `${its.ScheduleExpression} ${its.ScheduleExpressionTimezone ?? ""}`), target(one.Target?.Arn)];
  }, (one) => plain(one.Name));
}

async function pipes(signal) {
  return (await all(restPages("pipes", "/v1/pipes", "Pipes", signal))).map((pipe) => [
    { key: pipe.Arn, cell: plain(pipe.Name) }, state(pipe.CurrentState), target(pipe.Source),
    pipe.Enrichment ? target(pipe.Enrichment) : "–", target(pipe.Target), plain(pipe.StateReason) || "–"]);
}

async function secrets(signal) {
  return (await all(pages("secretsmanager", "ListSecrets", "SecretList", {}, signal, "NextToken"))).map((one) => [
    { key: one.ARN, cell: plain(one.Name) }, plain(one.Description) || "–", one.RotationEnabled ? badge("rotated", "good") : "–",
    when(one.LastChangedDate), when(one.LastAccessedDate)]);
}

const TOPICS = [
  ["Topics", topics, ["Topic", "Shown as", "Kind", "Subscribers", "Pending"], [3, 4], "No topics: aws sns create-topic makes one."],
  ["Subscriptions", subscriptions, ["Topic", "Protocol", "To", "State"], [], "No subscriptions."],
];
const BUSES = [
  ["Buses", buses, ["Bus", "Description", "Open to"], [], "No buses."],
  ["Rules", rules, ["Rule", "Bus", "State", "Pattern or schedule", "Targets"], [], "No rules: aws events put-rule makes one."],
];
const SCHEDULES = [["", schedules, ["Schedule", "Group", "State", "When", "Target"], [], "No schedules: aws scheduler create-schedule makes one."]];
const PIPES = [["", pipes, ["Pipe", "State", "From", "Enriched by", "To", "Reason"], [], "No pipes: aws pipes create-pipe makes one."]];
const SECRETS = [["", secrets, ["Secret", "Description", "Rotation", "Changed", "Read"], [], "No secrets. Their values are never shown here."]];

const view = (title, parts) => (place, _rest, shown) => sections(place, title, parts, shown, SLOWLY);

export const showTopics = view("Topics", TOPICS);
export const showBuses = view("Event buses", BUSES);
export const showSchedules = view("Schedules", SCHEDULES);
export const showPipes = view("Pipes", PIPES);
export const showSecrets = view("Secrets", SECRETS);
