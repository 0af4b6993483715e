// Watches this process's memory: logs it, cleans up near the limit, and refuses work there.

import { getHeapStatistics } from "node:v8";

import { findCgroup } from "./cgroup.js";
import { ApiError } from "./errors.js";

const MIB = 2 ** 20;
const CLEAN_UP_PAUSE_MS = 1000;
const RETRY_AFTER_S = 5;

export class Memory {
  #settings;
  #cgroup;
  #timer;
  #warned = false;
  #cleanedMs = -Infinity;

  constructor(settings, cgroup = findCgroup()) {
    this.#settings = settings;
    this.#cgroup = cgroup;
  }

  /** Log now and every interval. */
  start() {
    const limit = this.#cgroup?.limitBytes;
    console.log(
      limit
        ? `Memory: this container may use ${mib(limit)} MB; new work is refused near it.`
        : "Memory: no container limit is set, so only the heap's is watched.",
    );
    this.check();
    this.#timer = setInterval(() => this.check(), this.#settings.memoryCheckMs);
    this.#timer.unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Log the figures, with a warning and a clean-up near the limit. */
  check() {
    const near = this.usedShare() >= this.#settings.memoryWarn;
    this.#log(near);
    this.#warned = near;
    if (near) {
      this.#cleanUp();
    }
  }

  /** The larger of two shares: of the container's limit, and of V8's heap limit. */
  usedShare() {
    const heap = getHeapStatistics();
    const ofHeap = heap.used_heap_size / heap.heap_size_limit;
    const limit = this.#cgroup?.limitBytes;
    return limit ? Math.max(ofHeap, this.#cgroup.needBytes() / limit) : ofHeap;
  }

  /** What /health shows, in MB of 2^20 bytes; what is not known is left out. */
  figures() {
    const { rss, heapUsed } = process.memoryUsage();
    const limit = this.#cgroup?.limitBytes;
    return {
      rss: mib(rss),
      heapUsed: mib(heapUsed),
      ...(this.#cgroup && { need: mib(this.#cgroup.needBytes()) }),
      ...(limit && { limit: mib(limit) }),
    };
  }

  /**
   * Middleware that answers 503 near the limit.
   *
   * `others()` is how many other requests are in flight. With none, the request is taken:
   * what garbage there is goes when it allocates, and refusing would go on for ever.
   */
  guard(others) {
    return (req, res, next) => {
      next(this.#hasRoom() || others() === 0 ? undefined : nearlyUsedUp());
    };
  }

  #hasRoom() {
    const share = this.usedShare();
    if (share >= this.#settings.memoryWarn) {
      this.#warnOnce();
    } else {
      this.#warned = false;
    }
    if (share < this.#settings.memoryRefuse) {
      return true;
    }
    return this.#cleanUp() && this.usedShare() < this.#settings.memoryRefuse;
  }

  /** Between two checks a service can die: say it when the limit comes near, not later. */
  #warnOnce() {
    if (!this.#warned) {
      this.#warned = true;
      this.#log(true);
    }
  }

  #log(near) {
    const { rss, heapUsed } = process.memoryUsage();
    const interval = written(this.#settings.memoryCheckMs / 1000);
    const mark = near ? "⚠️" : "✅";
    console.log(`${mark} Memory Check (${interval}): { rss: ${mib(rss)}, heapUsed: ${mib(heapUsed)} }`);
  }

  /** Collect garbage, at most once a second; returns whether it was done. */
  #cleanUp() {
    const now = performance.now();
    if (!globalThis.gc || now - this.#cleanedMs < CLEAN_UP_PAUSE_MS) {
      return false;
    }
    globalThis.gc();
    this.#cleanedMs = performance.now();
    return true;
  }
}

function nearlyUsedUp() {
  return new ApiError(503, "The backend's memory is nearly used up; try again soon.", {
    retryAfterS: RETRY_AFTER_S,
  });
}

function mib(bytes) {
  return Math.round(bytes / MIB);
}

function written(seconds) {
  return seconds % 60 === 0 ? `${seconds / 60}min` : `${seconds}s`;
}
