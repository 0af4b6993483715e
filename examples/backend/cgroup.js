// The memory of this process's own container, as the kernel accounts it (cgroup v1 and v2).

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The names of one cgroup version's files and of the figures in its memory.stat. */
const V2 = {
  usage: "memory.current",
  limit: (directory) => readNumber(join(directory, "memory.max")),
  fileKeys: ["active_file", "inactive_file"],
};
const V1 = {
  usage: "memory.usage_in_bytes",
  limit: (directory) => readStat(directory, ["hierarchical_memory_limit"]),
  fileKeys: ["total_active_file", "total_inactive_file"],
};
// v1 writes "no limit" as 2^63 rounded down to pages.
const NO_LIMIT = 2 ** 60;

/**
 * Find the cgroup of this process; null where no memory controller is to be seen.
 *
 * In a container its own group is mounted at the root; elsewhere /proc/self/cgroup says where
 * below the root it is.
 */
export function findCgroup({ root = "/sys/fs/cgroup", self = "/proc/self/cgroup" } = {}) {
  const lines = existsSync(self) ? readFileSync(self, "utf8").split("\n") : [];
  const pathOf = (wanted) =>
    lines.map((line) => line.split(":")).find(([, controllers]) => wanted(controllers))?.[2];
  const v1 = pathOf((controllers) => controllers?.split(",").includes("memory"));
  const v2 = pathOf((controllers) => controllers === "");
  return (
    open(V1, join(root, "memory"), v1 ?? "") ?? open(V2, root, v1 === undefined ? (v2 ?? "") : "")
  );
}

function open(version, root, path) {
  for (const directory of [join(root, path), root]) {
    if (existsSync(join(directory, version.usage))) {
      return new Cgroup(version, root, directory);
    }
  }
  return null;
}

class Cgroup {
  #version;
  #directory;

  constructor(version, root, directory) {
    this.#version = version;
    this.#directory = directory;
    /** The limit in bytes, the least of this group's and its parents'; null without one. */
    this.limitBytes = leastLimit(version, root, directory);
  }

  /** Bytes in use that the kernel cannot take back: usage less the page cache of files. */
  needBytes() {
    const usage = readNumber(join(this.#directory, this.#version.usage));
    return usage - readStat(this.#directory, this.#version.fileKeys);
  }
}

function leastLimit(version, root, directory) {
  let least = Infinity;
  for (let here = directory; here.startsWith(root); here = dirname(here)) {
    least = Math.min(least, version.limit(here));
  }
  return least < NO_LIMIT ? least : null;
}

/** Infinity for "max" and for a file that is not there, as in v2's root group. */
function readNumber(path) {
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "max";
  return text === "max" ? Infinity : Number(text);
}

/** The sum of some lines of memory.stat. */
function readStat(directory, keys) {
  return readFileSync(join(directory, "memory.stat"), "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([key]) => keys.includes(key))
    .reduce((sum, [, value]) => sum + Number(value), 0);
}
