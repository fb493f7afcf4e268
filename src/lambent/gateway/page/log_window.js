// A window over the events of a log group, which may have millions: opened at the newest, grown at both ends a page at a time.
// It knows of no elements. `events` are as FilterLogEvents gives them, oldest first.

import { ask } from "./aws.js";

const PAGE = 2000;
const MOST = 200_000; // events held: beyond them the far end is let go, and read again when somebody goes there

export class LogWindow {
  // `wanted`: {group, stream, pattern, from, until}, times in ms; without `until` the end is now and goes on.
  constructor(wanted, signal) {
    Object.assign(this, { wanted, signal, events: [], before: undefined, complete: false, cut: false });
    this.edge = new Set(); // ids of events at the newest moment: the next page begins with them again
  }

  async page(params) {
    const { group, stream, pattern, from } = this.wanted;
    return ask("logs", "FilterLogEvents", {
      logGroupName: group, startTime: from, limit: PAGE, ...(stream ? { logStreamNames: [stream] } : {}),
      ...(pattern ? { filterPattern: pattern } : {}), ...params,
    }, this.signal);
  }

  // Read older events; how many came. None, though not `complete`, means that a stretch without any was passed.
  async older() {
    if (this.complete) return 0;
    const { until } = this.wanted;
    const { events: backwards, nextToken } = await this.page({
      startFromHead: false, ...(until ? { endTime: until } : {}), ...(this.before ? { nextToken: this.before } : {}) });
    const events = backwards.reverse(); // the newest comes first when they are asked for from the end
    this.before = nextToken;
    this.complete = nextToken === undefined;
    if (events.length === 0) return 0;
    if (this.events.length === 0) this.remember(events);
    this.events = events.concat(this.events);
    if (this.events.length > MOST) {
      this.events.length = MOST;
      this.cut = true;
      this.remember(this.events);
    }
    return events.length;
  }

  // Read events that are newer than the newest that is held; how many came.
  async newer() {
    const { from, until } = this.wanted;
    if (until && !this.cut) return 0;
    const last = this.events.at(-1)?.timestamp ?? from;
    const { events, nextToken } = await this.page({ startFromHead: true, startTime: last, ...(until ? { endTime: until } : {}) });
    const fresh = events.filter((event) => !this.edge.has(event.eventId));
    this.cut = this.cut && nextToken !== undefined;
    if (fresh.length === 0) return 0;
    this.events = this.events.concat(fresh);
    this.remember(this.events);
    return fresh.length;
  }

  remember(events) {
    const last = events.at(-1).timestamp;
    if (this.edge.size > 0 && this.edgeAt !== last) this.edge.clear();
    this.edgeAt = last;
    for (let index = events.length - 1; index >= 0 && events[index].timestamp === last; index -= 1) this.edge.add(events[index].eventId);
  }
}
