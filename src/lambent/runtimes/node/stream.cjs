// The stream that a handler made with `awslambda.streamifyResponse` writes to.
//
// It is held until it ends, and sent as one answer: the platform's sessions take whole answers.
"use strict";

const { Writable } = require("stream");
const { InvalidStreamingOperation } = require("./errors.cjs");

const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const DELIMITER = Buffer.alloc(8);

class ResponseStream extends Writable {
  contentType = "application/octet-stream";
  #pieces = [];
  #begun = false;

  setContentType(contentType) {
    if (this.#begun) throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    this.contentType = contentType;
  }

  write(piece, ...rest) {
    this.#begin();
    const isBytes = typeof piece === "string" || piece instanceof Uint8Array;
    return super.write(isBytes ? piece : JSON.stringify(piece), ...rest);
  }

  _write(piece, encoding, done) {
    this.#pieces.push(piece);
    done();
  }

  // Everything that was written.
  get whole() {
    return Buffer.concat(this.#pieces);
  }

  // What `HttpResponseStream.from` asked for comes before the first byte.
  #begin() {
    if (this.#begun) return;
    this.#begun = true;
    this._onBeforeFirstWrite?.((piece) => this.#pieces.push(Buffer.from(piece)));
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
