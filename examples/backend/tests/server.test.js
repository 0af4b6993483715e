// The process: health, compression, an orderly stop.

import assert from "node:assert/strict";
import { test } from "node:test";

import { postImage, requests, start, startBoth, until } from "./processes.js";

test("health tells of this process, whether or not there is a facial service", async (t) => {
  const { url } = await start(t, "server.js", { FACE_URL: "http://127.0.0.1:9" });
  const { status, memory, requests } = await (await fetch(`${url}/health`)).json();
  assert.equal(status, "ok");
  assert.ok(memory.rss > 20 && memory.heapUsed > 3, JSON.stringify(memory));
  assert.deepEqual(requests, { inFlight: 0, waiting: 0 });
});

for (const [setting, encoding] of [
  ["on", "gzip"],
  ["off", null],
]) {
  test(`COMPRESSION=${setting}: an answer over 1024 bytes`, async (t) => {
    const backend = { COMPRESSION: setting };
    const { url } = await startBoth(t, { backend, stub: { STUB_CHECK: "on" } });
    const body = Buffer.alloc(3000, "long ");
    const response = await postImage(`${url}/api/face/login`, body);
    assert.equal(response.headers.get("content-encoding"), encoding);
    assert.equal((await response.json()).seen.bytes, 3000);
  });
}

test("SIGTERM: the request in flight is answered, then the process ends with 0", async (t) => {
  const { url, stop } = await startBoth(t, { stub: { STUB_DELAY_MS: "1000" } });
  const post = postImage(`${url}/api/face/login`, "photograph");
  await until(async () => (await requests(url)).inFlight === 1);
  const ended = stop("SIGTERM");
  assert.equal((await post).status, 200);
  assert.equal(await ended, 0);
});

test("a port that is taken ends the start with a sentence", async (t) => {
  const { url } = await start(t, "server.js");
  const taken = start(t, "server.js", { PORT: new URL(url).port });
  await assert.rejects(taken, /exit 1: The backend cannot listen on port \d+: .*EADDRINUSE/);
});
