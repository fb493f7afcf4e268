// The Runtime API over HTTP, for a runtime that a wrapper script started. Same methods as FramedConnection.
"use strict";

const http = require("http");

const ROOT = "/2018-06-01/runtime";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";
const RESPONSE_MODE = "Lambda-Runtime-Function-Response-Mode";
const ACCEPTED = 202;
const CONNECTION_LOST = 1;

class ApiConnection {
  #address;
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address) {
    const [hostname, port] = address.split(":");
    this.#address = { hostname, port };
  }

  next(take) {
    this.#request("GET", "/invocation/next", {}, "", (response, body) => {
      const { headers } = response;
      take(
        {
          id: headers["lambda-runtime-aws-request-id"],
          deadline: Number(headers["lambda-runtime-deadline-ms"]),
          arn: headers["lambda-runtime-invoked-function-arn"],
          trace: headers["lambda-runtime-trace-id"],
          client: headers["lambda-runtime-client-context"],
          identity: headers["lambda-runtime-cognito-identity"],
          tenant: headers["lambda-runtime-aws-tenant-id"],
        },
        body,
      );
    });
  }

  respond(id, payload, contentType) {
    this.#post(`/invocation/${id}/response`, { "Content-Type": contentType }, payload, (response) => {
      if (response.statusCode === ACCEPTED) return;
      console.error(`Failed to post handler success response. Http response code: ${response.statusCode}.`);
    });
  }

  // Begin an answer in pieces; see FramedConnection. What the platform refuses midway is not sent to its end, and
  // whether its refusal or the end of the connection comes first does not matter: the next request will tell.
  stream(id, contentType) {
    const headers = {
      "Content-Type": contentType,
      [RESPONSE_MODE]: "streaming",
      "Transfer-Encoding": "chunked",
      Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    };
    let open = true;
    let told = () => {};
    const over = () => {
      open = false;
      told();
    };
    const answered = (response) => {
      if (response.statusCode !== ACCEPTED) {
        console.error(`Failed to post handler success response. Http response code: ${response.statusCode}.`);
      }
      over();
    };
    const request = this.#begin("POST", `/invocation/${id}/response`, headers, answered, over);
    request.flushHeaders();
    const close = () => {
      if (open) request.end();
      open = false;
    };
    return {
      write: (piece, taken) => {
        if (open) request.write(piece, () => taken());
        else taken();
      },
      end: close,
      fail: (description, gone = () => {}) => {
        if (!open) return gone();
        told = gone;
        const body = Buffer.from(JSON.stringify(description)).toString("base64");
        request.addTrailers({ [ERROR_TYPE]: encodeURI(description.errorType), [ERROR_BODY]: body });
        return close();
      },
    };
  }

  fail(id, description, gone) {
    this.#post(`/invocation/${id}/error`, described(description), JSON.stringify(description), gone);
  }

  failInit(description, gone) {
    this.#post("/init/error", described(description), JSON.stringify(description), gone);
  }

  #post(path, headers, payload, sent = () => {}) {
    this.#request("POST", path, { ...headers, "Content-Length": Buffer.byteLength(payload) }, payload, sent);
  }

  // One connection, used in turn: what is asked later is answered later.
  #request(method, path, headers, payload, answered) {
    this.#begin(method, path, headers, answered).end(payload);
  }

  #begin(method, path, headers, answered, lost = () => process.exit(CONNECTION_LOST)) {
    const options = { ...this.#address, agent: this.#agent, method, path: ROOT + path, headers };
    let over = false;
    const request = http.request(options, (response) => {
      const pieces = [];
      response.on("data", (data) => pieces.push(data));
      response.on("end", () => {
        over = true;
        answered(response, Buffer.concat(pieces).toString());
        if (!request.writableEnded) request.destroy();
      });
    });
    request.on("error", () => over || lost());
    return request;
  }
}

function described(description) {
  return { "Content-Type": "application/json", [ERROR_TYPE]: encodeURI(description.errorType) };
}

module.exports = { ApiConnection };
