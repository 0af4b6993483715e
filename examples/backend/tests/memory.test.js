// The memory module: whose limit it reads, what it logs, what it refuses.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { findCgroup } from "../cgroup.js";
import { Memory } from "../memory.js";
import { postImage, start, startBoth } from "./processes.js";

const MIB = 2 ** 20;
const SEEDS_LINE = /^✅ Memory Check \(5min\): \{ rss: \d+, heapUsed: \d+ \}$/;

describe("findCgroup", () => {
  test("v2: a container's own group is the root; need leaves the page cache out", (t) => {
    const root = files(t, {
      "memory.max": `${512 * MIB}\n`,
      "memory.current": `${300 * MIB}\n`,
      "memory.stat": `anon 1\nactive_file ${30 * MIB}\ninactive_file ${70 * MIB}\n`,
      self: "0::/\n",
    });
    const group = findCgroup({ root, self: join(root, "self") });
    assert.deepEqual([group.limitBytes, group.needBytes()], [512 * MIB, 200 * MIB]);
  });

  test("v2: the least limit of the group and its parents holds", (t) => {
    const root = files(t, {
      "a/memory.max": `${256 * MIB}`,
      "a/b/memory.max": "max",
      "a/b/memory.current": "0",
      self: "0::/a/b\n",
    });
    assert.equal(findCgroup({ root, self: join(root, "self") }).limitBytes, 256 * MIB);
  });

  test("v1: the limit of the hierarchy holds", (t) => {
    const root = files(t, {
      "memory/memory.usage_in_bytes": `${300 * MIB}\n`,
      "memory/memory.stat":
        `inactive_file 5\nhierarchical_memory_limit ${512 * MIB}\n` +
        `total_inactive_file ${60 * MIB}\ntotal_active_file ${40 * MIB}\n`,
      self: "11:memory:/docker/0123\n0::/\n",
    });
    const group = findCgroup({ root, self: join(root, "self") });
    assert.deepEqual([group.limitBytes, group.needBytes()], [512 * MIB, 200 * MIB]);
  });

  test("no limit and no controller are told apart", (t) => {
    const root = files(t, {
      "memory/memory.usage_in_bytes": "1",
      "memory/memory.stat": "hierarchical_memory_limit 9223372036854771712\n",
      "v2/memory.current": "1",
      "v2/memory.max": "max",
    });
    const self = join(root, "self");
    assert.equal(findCgroup({ root, self }).limitBytes, null);
    assert.equal(findCgroup({ root: join(root, "v2"), self }).limitBytes, null);
    assert.equal(findCgroup({ root: join(root, "nowhere"), self }), null);
  });
});

describe("Memory", () => {
  const settings = { memoryCheckMs: 300_000, memoryWarn: 0.8, memoryRefuse: 0.9 };
  const group = (need) => ({ limitBytes: 100 * MIB, needBytes: () => need * MIB });

  test("refuses near the limit while others are in flight, and takes a lone request", (t) => {
    const lines = logged(t);
    const memory = new Memory(settings, group(95));
    assert.equal(said(memory.guard(() => 1)).status, 503);
    assert.ok(said(memory.guard(() => 1)).retryAfterS > 0);
    assert.equal(said(memory.guard(() => 0)), undefined);
    assert.match(lines.join("\n"), /^⚠️ Memory Check \(5min\): \{ rss: \d+, heapUsed: \d+ \}$/);
  });

  test("takes work below, and refuses none where refusing is off", (t) => {
    const lines = logged(t);
    assert.equal(said(new Memory(settings, group(50)).guard(() => 9)), undefined);
    const off = new Memory({ ...settings, memoryRefuse: Infinity }, group(99));
    assert.equal(said(off.guard(() => 9)), undefined);
    assert.equal(lines.length, 1);
  });

  test("without a container limit the heap's limit counts", () => {
    const share = new Memory(settings, null).usedShare();
    assert.ok(share > 0 && share < 0.5, String(share));
  });
});

test("the seed's line stands in the log at the start", async (t) => {
  const { output, url } = await start(t, "server.js", {}, ["--expose-gc"]);
  await fetch(`${url}/health`);
  assert.ok(output.some((line) => SEEDS_LINE.test(line)), output.join("\n"));
});

test("the line comes again after every interval", async (t) => {
  const { output, url } = await start(t, "server.js", { MEMORY_CHECK_S: "1" });
  const again = () => output.filter((line) => line.includes("Memory Check (1s)")).length >= 2;
  for (let tries = 0; !again() && tries < 100; tries += 1) {
    await fetch(`${url}/health`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(again(), output.join("\n"));
});

test("near the limit a burst is refused with 503, but for one", async (t) => {
  const { url, process } = await startBoth(t, {
    backend: { FORWARD: "parse", SLOTS: "unlimited", MEMORY_REFUSE: "1" },
    stub: { STUB_DELAY_MS: "1000" },
    flags: ["--max-old-space-size=64"], // an idle heap of 8 MB is over 1 % of it
  });
  const posts = Array.from({ length: 4 }, () => postImage(`${url}/api/face/login`, "photograph"));
  const responses = await Promise.all(posts);
  const statuses = responses.map((response) => response.status).sort();
  assert.deepEqual(statuses, [200, 503, 503, 503]);
  const refused = responses.find((response) => response.status === 503);
  assert.equal(refused.headers.get("retry-after"), "5");
  assert.match((await refused.json()).error, /memory is nearly used up/);
  assert.equal(process.exitCode, null);
});

function files(t, contents) {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function logged(t) {
  const lines = [];
  t.mock.method(console, "log", (line) => lines.push(line));
  return lines;
}

function said(middleware) {
  let error;
  middleware({}, {}, (given) => (error = given));
  return error;
}
