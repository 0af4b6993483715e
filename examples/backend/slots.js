// Requests in flight: a bounded number at once, a bounded number waiting, for a bounded time.

import { ApiError } from "./errors.js";

export class Slots {
  #slots;
  #queueLimit;
  #timeoutMs;
  #queue = new Set();
  #busy = 0;

  constructor({ slots, queueLimit, queueTimeoutMs }) {
    this.#slots = slots;
    this.#queueLimit = queueLimit;
    this.#timeoutMs = queueTimeoutMs;
  }

  get busy() {
    return this.#busy;
  }

  get waiting() {
    return this.#queue.size;
  }

  /** Resolves to a function that gives the slot back; rejects with 503. First come, first served. */
  take() {
    if (this.#busy < this.#slots) {
      return Promise.resolve(this.#occupied());
    }
    if (this.#queue.size >= this.#queueLimit) {
      return Promise.reject(this.#tooMany());
    }
    return new Promise((resolve, reject) => this.#wait(resolve, reject));
  }

  /**
   * Middleware that takes a slot until the response is closed.
   *
   * It stands before whatever reads the body. Until it has a slot, a request's body stays in
   * the client and the sockets' buffers: Node stops reading a body that nobody takes.
   */
  middleware() {
    return async (req, res, next) => {
      const release = await this.take();
      if (res.destroyed) {
        release();
        return;
      }
      res.once("close", release);
      next();
    };
  }

  #wait(resolve, reject) {
    const waiter = () => {
      clearTimeout(timer);
      this.#queue.delete(waiter);
      resolve(this.#occupied());
    };
    const timer = setTimeout(() => {
      this.#queue.delete(waiter);
      reject(this.#tooMany());
    }, this.#timeoutMs);
    this.#queue.add(waiter);
  }

  #occupied() {
    this.#busy += 1;
    let held = true;
    return () => {
      if (!held) {
        return;
      }
      held = false;
      this.#busy -= 1;
      const [first] = this.#queue;
      first?.();
    };
  }

  #tooMany() {
    return new ApiError(503, "Too many photographs are being looked at; try again soon.", {
      retryAfterS: Math.max(1, Math.round(this.#timeoutMs / 10_000)),
    });
  }
}
