// The stream that a handler made with `awslambda.streamifyResponse` writes to. What is written leaves at once; a platform
// that takes it slowly holds the writer back, as streams do.
"use strict";

const { Writable } = require("stream");
const { InvalidStreamingOperation } = require("./errors.cjs");

const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const DELIMITER = Buffer.alloc(8);

class ResponseStream extends Writable {
  contentType = "application/octet-stream";
  #open;
  #answer = null;
  #begun = false;

  // `open` begins the answer with a content type: an object with `write`, `end` and `fail`, as connections give it.
  constructor(open, options) {
    super(options);
    this.#open = open;
  }

  setContentType(contentType) {
    if (this.#begun) throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    this.contentType = contentType;
  }

  write(piece, ...rest) {
    this.#begin();
    const isBytes = typeof piece === "string" || piece instanceof Uint8Array;
    return super.write(isBytes ? piece : JSON.stringify(piece), ...rest);
  }

  end(piece, ...rest) {
    this.#begin();
    return super.end(piece, ...rest);
  }

  // The error ends the answer. False if there is none yet, so that it can be told as the answer.
  fail(description, gone) {
    this.#answer?.fail(description, gone);
    return this.#answer !== null;
  }

  _write(piece, encoding, done) {
    this.#answered().write(Buffer.isBuffer(piece) ? piece : Buffer.from(piece, encoding), done);
  }

  _final(done) {
    this.#answered().end();
    done();
  }

  #answered() {
    this.#answer ??= this.#open(this.contentType);
    return this.#answer;
  }

  // What `HttpResponseStream.from` asked for comes before the first byte.
  #begin() {
    if (this.#begun) return;
    this.#begun = true;
    this._onBeforeFirstWrite?.((piece) => super.write(piece));
  }
}

class HttpResponseStream {
  // The same stream, whose content will be preceded by status, headers and cookies.
  static from(stream, metadata) {
    stream.setContentType(HTTP_INTEGRATION);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(metadata));
      write(DELIMITER);
    };
    return stream;
  }
}

module.exports = { HttpResponseStream, ResponseStream };
