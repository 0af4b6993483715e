// Whatever cannot be served is told with the right status and a JSON sentence.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { postImage, postJson, requests, start, startBoth, until } from "./processes.js";

const LOGIN = "/api/face/login";
const REGISTER = "/api/face/register";

async function refused(response, status, sentence) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.match(JSON.parse(text).error, sentence);
}

for (const FORWARD of ["stream", "parse"]) {
  test(`${FORWARD}: a body over the limit is a 413, told by its header`, async (t) => {
    const { url } = await startBoth(t, { backend: { FORWARD, BODY_LIMIT_MB: "1" } });
    await refused(await postImage(url + LOGIN, Buffer.alloc(2 ** 20 + 1)), 413, /at most 1 MB/);
  });

  test(`${FORWARD}: a body over the limit is a 413, told by counting`, async (t) => {
    const { url } = await startBoth(t, { backend: { FORWARD, BODY_LIMIT_MB: "1" } });
    const response = await fetch(url + LOGIN, {
      method: "POST",
      headers: { "content-type": "image/jpeg" },
      body: new Blob([Buffer.alloc(3 * 2 ** 20)]).stream(),
      duplex: "half",
    });
    await refused(response, 413, /too large/);
  });

  test(`${FORWARD}: what is neither JSON nor an image is a 415`, async (t) => {
    const { url } = await startBoth(t, { backend: { FORWARD } });
    await refused(await postImage(url + LOGIN, "hello", "text/plain"), 415, /image\/jpeg/);
    const gzip = { "content-encoding": "gzip" };
    await refused(await postJson(url + LOGIN, "{}", gzip), 415, /Content-Encoding/);
  });

  test(`${FORWARD}: no facial service is a 502`, async (t) => {
    const backend = { FORWARD, FACE_URL: "http://127.0.0.1:9" };
    const { url, output } = await start(t, "server.js", backend);
    await refused(await postJson(url + LOGIN, { image: "aGk=" }), 502, /cannot be reached/);
    await until(() => /^502 POST \/api\/face\/login: .*ECONNREFUSED/m.test(output.join("\n")));
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });

  test(`${FORWARD}: a facial service that is too slow is a 504`, async (t) => {
    const backend = { FORWARD, FACE_TIMEOUT_MS: "200" };
    const { url } = await startBoth(t, { backend, stub: { STUB_DELAY_MS: "60000" } });
    await refused(await postJson(url + LOGIN, { image: "aGk=" }), 504, /within 0.2 s/);
  });

  test(`${FORWARD}: a facial service that reads nothing is a 504, not the client's fault`, async (t) => {
    const facial = await listening(t, createServer(() => {}));
    const backend = { FORWARD, FACE_TIMEOUT_MS: "300", FACE_URL: facial };
    const { url } = await start(t, "server.js", backend);
    await refused(await postImage(url + LOGIN, Buffer.alloc(9 * 2 ** 20)), 504, /did not answer/);
  });

  test(`${FORWARD}: what the facial service cannot mean is a 502`, async (t) => {
    const { url, facial } = await startBoth(t, { backend: { FORWARD }, stub: { STUB_STATUS: "500" } });
    await refused(await postJson(url + LOGIN, { image: "aGk=" }), 502, /no answer/);
    await facial.stop();
    const html = await listening(t, createServer((req, res) => res.end("<h1>It works</h1>")));
    const other = await start(t, "server.js", { FORWARD, FACE_URL: html });
    await refused(await postJson(other.url + LOGIN, { image: "aGk=" }), 502, /no answer/);
  });

  test(`${FORWARD}: registering a raw image needs a user`, async (t) => {
    const { url } = await startBoth(t, { backend: { FORWARD } });
    await refused(await postImage(url + REGISTER, "x"), 422, /\?user=NAME/);
  });
}

test("parse: broken and incomplete JSON is told", async (t) => {
  const { url } = await startBoth(t, { backend: { FORWARD: "parse" } });
  await refused(await postJson(url + LOGIN, "{"), 400, /no JSON/);
  await refused(await postJson(url + LOGIN, {}), 422, /"image"/);
  await refused(await postJson(url + LOGIN, "[]"), 422, /"image"/);
  await refused(await postJson(url + REGISTER, { image: "aGk=" }), 422, /"user"/);
});

test("stream: broken JSON is told by the facial service", async (t) => {
  const { url } = await startBoth(t, { stub: { STUB_CHECK: "on" } });
  await refused(await postJson(url + LOGIN, "{"), 400, /JSON/);
});

test("stream: an early answer reaches a client that still sends", async (t) => {
  const busy = createServer((req, res) => {
    res.writeHead(503, { "content-type": "application/json", "retry-after": "7" });
    res.end('{"error": "The facial service is busy."}');
  });
  const { url } = await start(t, "server.js", { FACE_URL: await listening(t, busy) });
  const response = await postImage(url + LOGIN, Buffer.alloc(9 * 2 ** 20));
  assert.equal(response.headers.get("retry-after"), "7");
  await refused(response, 503, /busy/);
});

test("stream: a client that stops sending is a 408 and gives its slot back", async (t) => {
  const { url } = await startBoth(t, { backend: { FACE_TIMEOUT_MS: "200", SLOTS: "1" } });
  const stalled = request(url + LOGIN, {
    method: "POST",
    headers: { "content-type": "image/jpeg", "content-length": "1000" },
  });
  stalled.on("error", () => {});
  stalled.write("beginning");
  const [response] = await once(stalled, "response");
  assert.equal(response.statusCode, 408);
  stalled.destroy();
  assert.equal((await postJson(url + LOGIN, { image: "aGk=" })).status, 200);
});

test("a client that goes away gives its slot back", async (t) => {
  const backend = { SLOTS: "1", FACE_TIMEOUT_MS: "60000" };
  const { url } = await startBoth(t, { backend, stub: { STUB_DELAY_MS: "50" } });
  const socket = connect(new URL(url).port, "127.0.0.1");
  socket.write(`POST ${LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 99\r\n\r\nbegin`);
  await until(async () => (await requests(url)).inFlight === 1);
  socket.destroy();
  await until(async () => (await requests(url)).inFlight === 0);
  assert.equal((await postJson(url + LOGIN, { image: "aGk=" })).status, 200);
});

for (const FORWARD of ["stream", "parse"]) {
  test(`${FORWARD}: a facial service that dies at work is a 502`, async (t) => {
    const { url, facial } = await startBoth(t, { backend: { FORWARD }, stub: { STUB_DELAY_MS: "9999" } });
    const post = postImage(url + LOGIN, Buffer.alloc(2 ** 20));
    await until(async () => (await requests(url)).inFlight === 1);
    await wait(100);
    await facial.stop("SIGKILL");
    await refused(await post, 502, /broke the connection/);
  });
}

test("an unknown path is a 404 in JSON", async (t) => {
  const { url } = await startBoth(t);
  await refused(await fetch(`${url}/nowhere`), 404, /GET \/nowhere/);
});

async function listening(t, server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${server.address().port}`;
}
