// The client of the facial service: sends one photograph on, returns the answer.

import { request } from "node:http";
import { Transform } from "node:stream";

import { ApiError } from "./errors.js";

const ANSWER_LIMIT_BYTES = 2 ** 20;
const NOTHING = Buffer.alloc(0);

export class FacialService {
  #url;
  #timeoutMs;

  constructor(url, timeoutMs) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
  }

  /** Send a body that is held whole. Resolves to `{status, body, retryAfter}`. */
  send(path, { type, body }, res) {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
    const upstream = this.#open(path, headers);
    upstream.end(body);
    return this.#answer(upstream, res);
  }

  /**
   * Send the client's body on while it comes in, between `head` and `tail`.
   *
   * The facial service's pace is the client's: no more than some 64 KiB are held.
   */
  stream(path, { type, head = NOTHING, tail = NOTHING, limitBytes }, req, res) {
    const headers = { "content-type": type };
    const length = req.headers["content-length"];
    if (length !== undefined) {
      headers["content-length"] = Number(length) + head.length + tail.length;
    }
    const upstream = this.#open(path, headers);
    const body = new Framed(head, tail, limitBytes);
    req.pipe(body).pipe(upstream);
    return this.#answer(upstream, res, { req, body });
  }

  // A connection for each request: one that is used again may be closed by the other side just
  // as the next body is sent, and a body that was streamed cannot be sent again. It asks to be
  // kept alive all the same: a server that refuses a body unread, and closes, resets the
  // connection, and its answer is lost; one that keeps it reads the body to its end.
  #open(path, given) {
    const headers = { ...given, connection: "keep-alive" };
    return request(new URL(path, this.#url), { method: "POST", headers, agent: false });
  }

  #answer(upstream, res, streamed) {
    return new Promise((resolve, reject) => {
      const fail = (error) => reject(error);
      upstream.on("response", (response) => collect(response).then(resolve, fail));
      upstream.on("error", (error) => fail(absent(error)));
      upstream.setTimeout(this.#timeoutMs, () => fail(this.#late(upstream, streamed?.req)));
      streamed?.body.on("error", fail);
      res.once("close", () => fail(new ApiError(499, "The client went away.")));
    }).finally(() => {
      // What the client still sends is then read and dropped by Node, so that it sees the answer.
      streamed?.req.unpipe(streamed.body);
      streamed?.body.destroy();
      upstream.destroy();
    });
  }

  #late(upstream, req) {
    const seconds = this.#timeoutMs / 1000;
    if (req && !req.complete && !upstream.writableNeedDrain) {
      return new ApiError(408, `The rest of the body did not come within ${seconds} s.`);
    }
    return new ApiError(504, `The facial service did not answer within ${seconds} s.`);
  }
}

/** Passes a body of at most `limitBytes` through, between a head and a tail. */
class Framed extends Transform {
  #tail;
  #leftBytes;

  constructor(head, tail, limitBytes) {
    super();
    this.#tail = tail;
    this.#leftBytes = limitBytes;
    if (head.length > 0) {
      this.push(head);
    }
  }

  _transform(chunk, encoding, done) {
    this.#leftBytes -= chunk.length;
    done(this.#leftBytes < 0 ? new ApiError(413, "The body is too large.") : null, chunk);
  }

  _flush(done) {
    done(null, this.#tail.length > 0 ? this.#tail : undefined);
  }
}

function absent(error) {
  const broken = ["ECONNRESET", "EPIPE"].includes(error.code);
  const what = broken ? "broke the connection" : "cannot be reached";
  return new ApiError(502, `The facial service ${what}.`, { cause: error });
}

async function collect(response) {
  const chunks = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > ANSWER_LIMIT_BYTES) {
        throw new Error("the answer is too long");
      }
      chunks.push(chunk);
    }
    return understood(response, Buffer.concat(chunks).toString());
  } catch (error) {
    throw new ApiError(502, "The facial service gave no answer that can be understood.", {
      cause: error,
    });
  }
}

function understood({ statusCode: status, headers }, text) {
  if (status >= 500 && status !== 503) {
    throw new Error(`status ${status}: ${text.slice(0, 200)}`);
  }
  return { status, body: JSON.parse(text), retryAfter: headers["retry-after"] };
}
