// What a function is: its settings, versions, aliases, address, what feeds it and where its events go.

import { functionPath, lambda } from "./aws.js";
import { badge, facts, h, link, put, refused, table } from "./dom.js";
import { bytes, count, plain, span } from "./text.js";

// A value that stands behind a button: screens are seen by others.
function hidden(value) {
  const place = h("span", {});
  put(place, h("button", { class: "link", onclick: () => put(place, h("code", {}, plain(value))) }, "show"));
  return place;
}

export function group(configuration) {
  return configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${configuration.FunctionName}`;
}

function settings({ Configuration: c, Concurrency: concurrency }) {
  return h("div", { class: "columns" },
    h("section", { class: "card" }, h("h2", {}, "Runtime"), facts([
      ["Runtime", c.Runtime ?? c.PackageType], ["Handler", plain(c.Handler)], ["Architecture", c.Architectures?.join(", ")],
      ["Memory", `${c.MemorySize} MB`], ["Timeout", `${c.Timeout} s`], ["Ephemeral storage", `${c.EphemeralStorage?.Size} MB`],
      ["Package", bytes(c.CodeSize)], ["SnapStart", c.SnapStart?.ApplyOn], ["Tracing", c.TracingConfig?.Mode],
      ["Reserved concurrency", concurrency?.ReservedConcurrentExecutions],
      ["Layers", c.Layers?.map((layer) => h("div", {}, h("code", {}, layer.Arn)))],
    ])),
    h("section", { class: "card" }, h("h2", {}, "Identity"), facts([
      ["ARN", h("code", {}, c.FunctionArn)], ["Role", h("code", {}, c.Role)], ["Version", c.Version],
      ["Changed", c.LastModified], ["Revision", h("code", {}, c.RevisionId)], ["Code SHA-256", h("code", {}, c.CodeSha256)],
      ["Log group", link(group(c), "logs", group(c))], ["Log format", c.LoggingConfig?.LogFormat],
      ["Dead letters", c.DeadLetterConfig?.TargetArn && h("code", {}, c.DeadLetterConfig.TargetArn)], ["Reason", plain(c.StateReason)],
    ])));
}

// A part that has to be asked for: what there is of it, nothing where there is none, the refusal where it is refused.
function part(title, read) {
  const body = h("section", { class: "card", hidden: true });
  const shown = (content) => { if (content) put(body, h("h2", {}, title), content).hidden = false; };
  read().then(shown, (error) => { if (error.status !== 404 && error.name !== "AbortError") shown(refused(error)); });
  return body;
}

function versions(name, signal) {
  return part("Versions and aliases", async () => {
    const [{ Versions: all }, { Aliases: aliases }] = await Promise.all([
      lambda(functionPath(name, "versions"), {}, signal), lambda(functionPath(name, "aliases"), {}, signal)]);
    if (all.length < 2 && aliases.length === 0) return null;
    const named = (version) => aliases.filter((alias) => alias.FunctionVersion === version).map((alias) => badge(plain(alias.Name), "cool"));
    return table(["Version", "Aliases", "Description", "Package", "Changed"], all.map((one) => [
      one.Version, named(one.Version), plain(one.Description), bytes(one.CodeSize), one.LastModified.slice(0, 19)]), [3]);
  });
}

function sources(name, signal) {
  return part("Fed by", async () => {
    const { EventSourceMappings: all } = await lambda("/2015-03-31/event-source-mappings/", { FunctionName: name }, signal);
    return all.length === 0 ? null : table(["Source", "State", "Batch", "Last result"], all.map((one) => [
      plain(one.EventSourceArn ?? "self-managed"), badge(one.State, one.State === "Enabled" ? "good" : "warn"), count(one.BatchSize), plain(one.LastProcessingResult)]), [2]);
  });
}

function address(name, signal) {
  return part("Function URL", async () => {
    const found = await lambda(`/2021-10-31/functions/${encodeURIComponent(name)}/url`, {}, signal);
    return facts([["Address", h("code", {}, found.FunctionUrl)], ["Who may", found.AuthType === "NONE" ? "anybody" : "who signs"], ["Mode", found.InvokeMode]]);
  });
}

function asynchronous(name, signal) {
  return part("Asynchronous events", async () => {
    const found = await lambda(`/2019-09-25/functions/${encodeURIComponent(name)}/event-invoke-config`, {}, signal);
    const to = found.DestinationConfig ?? {};
    return facts([["Retries", found.MaximumRetryAttempts], ["Kept for", found.MaximumEventAgeInSeconds && span(found.MaximumEventAgeInSeconds * 1000)],
      ["When it succeeded", to.OnSuccess?.Destination], ["When it failed", to.OnFailure?.Destination]]);
  });
}

export function configuration(place, found, view) {
  const { Configuration: c, Tags: tags = {} } = found;
  const variables = Object.entries(c.Environment?.Variables ?? {});
  const name = c.FunctionName;
  put(place, h("div", { class: "stack" }, settings(found), versions(name, view.signal), sources(name, view.signal), address(name, view.signal), asynchronous(name, view.signal),
    variables.length ? h("section", { class: "card" }, h("h2", {}, "Environment variables"), facts(variables.map(([key, value]) => [plain(key), hidden(value)]))) : null,
    Object.keys(tags).length ? h("section", { class: "card" }, h("h2", {}, "Tags"), facts(Object.entries(tags).map(([key, value]) => [plain(key), plain(value)]))) : null,
    h("details", { class: "card" }, h("summary", {}, "All of it, as GetFunction answers"),
      h("pre", {}, plain(JSON.stringify(c, (key, value) => (key === "Variables" ? undefined : value), 2))))));
}
