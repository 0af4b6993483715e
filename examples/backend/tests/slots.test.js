// Requests in flight are bounded, and those that wait hold no body.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { Slots } from "../slots.js";
import { postImage, requests, startBoth, until } from "./processes.js";

const LOGIN = "/api/face/login";

describe("Slots", () => {
  const two = { slots: 2, queueLimit: 1, queueTimeoutMs: 50 };

  test("a third waits until one is given back", async () => {
    const slots = new Slots(two);
    const first = await slots.take();
    await slots.take();
    const third = slots.take();
    assert.deepEqual([slots.busy, slots.waiting], [2, 1]);
    first();
    await third;
    assert.deepEqual([slots.busy, slots.waiting], [2, 0]);
  });

  test("a fourth is refused at once, and the third after its time", async () => {
    const slots = new Slots(two);
    await slots.take();
    await slots.take();
    const third = slots.take();
    await assert.rejects(slots.take(), { status: 503, retryAfterS: 1 });
    await assert.rejects(third, { status: 503 });
    assert.deepEqual([slots.busy, slots.waiting], [2, 0]);
  });

  test("a slot given back twice is one slot", async () => {
    const slots = new Slots(two);
    const first = await slots.take();
    await slots.take();
    first();
    first();
    assert.equal(slots.busy, 1);
  });

  test("without a limit nobody waits", async () => {
    const slots = new Slots({ ...two, slots: Infinity });
    await Promise.all(Array.from({ length: 100 }, () => slots.take()));
    assert.deepEqual([slots.busy, slots.waiting], [100, 0]);
  });
});

test("with one slot all are served in the end, and health answers meanwhile", async (t) => {
  const backend = { SLOTS: "1" };
  const { url } = await startBoth(t, { backend, stub: { STUB_DELAY_MS: "200" } });
  const posts = Array.from({ length: 8 }, () => postImage(url + LOGIN, Buffer.alloc(2 ** 20)));
  await until(async () => {
    const { inFlight, waiting } = await requests(url);
    assert.ok(inFlight <= 1);
    return inFlight === 1 && waiting >= 5;
  });
  const statuses = (await Promise.all(posts)).map((response) => response.status);
  assert.deepEqual(statuses, Array(8).fill(200));
});

test("a request that waits too long is a 503 that says when to come again", async (t) => {
  const backend = { SLOTS: "1", QUEUE_TIMEOUT_MS: "100" };
  const { url } = await startBoth(t, { backend, stub: { STUB_DELAY_MS: "1000" } });
  const first = postImage(url + LOGIN, "first");
  await until(async () => (await requests(url)).inFlight === 1);
  const second = await postImage(url + LOGIN, "second");
  assert.equal(second.status, 503);
  assert.equal(second.headers.get("retry-after"), "1");
  assert.match((await second.json()).error, /try again/);
  assert.equal((await first).status, 200);
});

test("waiting requests hold no body: sixteen of 8 MB with one slot", async (t) => {
  const backend = { SLOTS: "1", FORWARD: "parse" };
  const { url } = await startBoth(t, { backend, stub: { STUB_DELAY_MS: "100" } });
  const body = Buffer.alloc(8 * 2 ** 20);
  const posts = Array.from({ length: 16 }, () => postImage(url + LOGIN, body));
  let rss = 0;
  let open = true;
  Promise.all(posts).finally(() => (open = false));
  while (open) {
    rss = Math.max(rss, (await (await fetch(`${url}/health`)).json()).memory.rss);
    await wait(20);
  }
  const statuses = (await Promise.all(posts)).map((response) => response.status);
  assert.deepEqual(statuses, Array(16).fill(200));
  assert.ok(rss < 160, `${rss} MB`); // sixteen bodies alone would be 128 on top of 60
});
