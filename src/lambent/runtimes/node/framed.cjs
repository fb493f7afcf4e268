// The platform's private socket: one frame brings an event; one, or a stream of them, answers it and asks for the next.
// `lambent/runtime_api/frames.py` describes the frames; both files must agree.
"use strict";

const { Socket } = require("net");

const INVOKE = 1;
const READY = 16;
const RESPONSE = 17;
const ERROR = 18;
const INIT_ERROR = 19;
const TOO_LARGE = 20;
const STREAM = 25;
const CHUNK = 26;
const END = 27;

const HEAD = 9; // length of what follows, kind, length of the meta
const LENGTH = 4;
const MAX_PAYLOAD = 6 * 1024 * 1024 + 100;
const MAX_CHUNK = 64 * 1024;
const MAX_TYPE = 256;
const JOIN_BELOW = 64 * 1024;

class FramedConnection {
  #socket;
  #pieces = [];
  #size = 0;
  #take = null;
  #started = false;

  constructor(descriptor) {
    this.#socket = new Socket({ fd: descriptor, readable: true, writable: true });
    this.#socket.on("data", (data) => this.#gather(data));
    for (const event of ["end", "error"]) this.#socket.on(event, () => process.exit(0));
    this.#socket.unref(); // nothing is awaited yet: a function's event loop may run empty
  }

  // Wait for the next event; `take` gets {id, deadline, arn, trace, client, identity, tenant} and the event's text.
  next(take) {
    this.#take = take;
    this.#socket.ref();
    if (!this.#started) {
      this.#started = true;
      this.#socket.write(Buffer.from([0, 0, 0, 1, READY]));
    }
  }

  // Answer with bytes or text; an answer that is too large becomes an error.
  respond(id, payload, contentType) {
    const size = Buffer.byteLength(payload);
    if (size > MAX_PAYLOAD) {
      console.error(`Failed to post handler success response. Http response code: 413.`);
      this.#send(TOO_LARGE, { id, size }, "");
    } else {
      this.#send(RESPONSE, { id, content_type: contentType }, payload);
    }
  }

  // Begin an answer in pieces (buffers): each is called back when the platform has taken it, or nearly. One `end`, or
  // one `fail`, as below, ends it; nothing that comes after that is sent.
  stream(id, contentType) {
    let open = true;
    this.#send(STREAM, { id, content_type: contentType }, "");
    const close = (meta, payload, sent) => {
      if (open) this.#send(END, { id, ...meta }, payload, sent);
      open = false;
    };
    return {
      write: (piece, taken) => {
        if (open) this.#sendPieces(piece, taken);
        else taken();
      },
      end: () => close({}, ""),
      fail: (description, gone) => close(failure(description, gone), text(description), gone),
    };
  }

  // Answer with an error. With `gone` no further event will be asked for, and it is called once all is sent.
  fail(id, description, gone) {
    this.#send(ERROR, { id, ...failure(description, gone) }, text(description), gone);
  }

  failInit(description, gone) {
    this.#send(INIT_ERROR, { type: description.errorType.slice(0, MAX_TYPE) }, text(description), gone);
  }

  #sendPieces(piece, taken) {
    for (let at = 0; at < piece.length; at += MAX_CHUNK) {
      const end = at + MAX_CHUNK;
      this.#send(CHUNK, undefined, piece.subarray(at, end), end < piece.length ? undefined : taken);
    }
    if (piece.length === 0) taken();
  }

  #send(kind, meta, payload, sent) {
    const metaText = meta === undefined ? "" : JSON.stringify(meta);
    const metaLength = Buffer.byteLength(metaText);
    const length = Buffer.byteLength(payload);
    const joined = length < JOIN_BELOW;
    const frame = Buffer.allocUnsafe(HEAD + metaLength + (joined ? length : 0));
    frame.writeUInt32BE(HEAD - LENGTH + metaLength + length, 0);
    frame[4] = kind;
    frame.writeUInt32BE(metaLength, 5);
    frame.write(metaText, HEAD);
    if (!joined) {
      this.#socket.write(frame);
      this.#socket.write(payload, sent);
      return;
    }
    if (typeof payload === "string") frame.write(payload, HEAD + metaLength);
    else payload.copy(frame, HEAD + metaLength);
    this.#socket.write(frame, sent);
  }

  #gather(data) {
    this.#pieces.push(data);
    this.#size += data.length;
    if (this.#size < HEAD) return;
    if (this.#pieces[0].length < HEAD) this.#pieces = [Buffer.concat(this.#pieces)];
    if (this.#size < LENGTH + this.#pieces[0].readUInt32BE(0)) return;
    const frame = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    if (frame[4] !== INVOKE || this.#take === null) process.exit(0);
    const body = HEAD + frame.readUInt32BE(5);
    const take = this.#take;
    this.#take = null;
    this.#socket.unref();
    take(JSON.parse(frame.toString("utf8", HEAD, body)), frame.toString("utf8", body));
  }
}

function failure(description, gone) {
  return { type: description.errorType.slice(0, MAX_TYPE), final: gone !== undefined };
}

// The description as JSON, short enough to be sent: then without its trace.
function text(description) {
  const whole = JSON.stringify(description);
  if (Buffer.byteLength(whole) <= MAX_PAYLOAD) return whole;
  const { errorType, errorMessage } = description;
  return JSON.stringify({ errorType, errorMessage: errorMessage.slice(0, JOIN_BELOW), trace: [] });
}

module.exports = { FramedConnection };
