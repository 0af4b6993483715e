// A photograph reaches the facial service as it was sent, and its answer reaches the client.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";

import sharp from "sharp";

import { postImage, postJson, startBoth } from "./processes.js";

const PHOTOGRAPH = randomBytes(3 * 2 ** 20); // nobody in between looks at it
const SHA256 = createHash("sha256").update(PHOTOGRAPH).digest("hex");
const CHECKED = { STUB_CHECK: "on" };

for (const forward of ["stream", "parse"]) {
  describe(`FORWARD=${forward}`, () => {
    const backend = { FORWARD: forward };

    test("JSON arrives intact, and the answer comes back", async (t) => {
      const { url } = await startBoth(t, { backend, stub: CHECKED });
      const body = { user: "eva", image: PHOTOGRAPH.toString("base64") };
      const response = await postJson(`${url}/api/face/register`, body);
      assert.equal(response.status, 200);
      const { user, distance, seen } = await response.json();
      assert.deepEqual({ user, distance }, { user: "ana", distance: 0.31 });
      assert.deepEqual(seen, { user: "eva", bytes: PHOTOGRAPH.length, sha256: SHA256 });
    });

    test("a raw image arrives intact, as a form", async (t) => {
      const { url } = await startBoth(t, { backend, stub: CHECKED });
      const response = await postImage(`${url}/api/face/register?user=Jos%C3%A9`, PHOTOGRAPH);
      assert.equal(response.status, 200);
      const { seen } = await response.json();
      assert.deepEqual(seen, { user: "José", bytes: PHOTOGRAPH.length, sha256: SHA256 });
    });

    test("a body of unknown length arrives intact", async (t) => {
      const { url } = await startBoth(t, { backend, stub: CHECKED });
      const response = await fetch(`${url}/api/face/login`, {
        method: "POST",
        headers: { "content-type": "image/jpeg" },
        body: new Blob([PHOTOGRAPH]).stream(),
        duplex: "half",
      });
      assert.equal((await response.json()).seen.sha256, SHA256);
    });

    test("a face that nobody knows is a 401 with the facial service's reason", async (t) => {
      const { url } = await startBoth(t, { backend, stub: { STUB_STATUS: "401" } });
      const response = await postJson(`${url}/api/face/login`, { image: "aGk=" });
      assert.equal(response.status, 401);
      assert.equal((await response.json()).error, "The stub says 401.");
    });
  });
}

test("RECOMPRESS scales a photograph down, upright, in JSON and raw", async (t) => {
  const backend = { FORWARD: "parse", RECOMPRESS: "200" };
  const { url } = await startBoth(t, { backend, stub: CHECKED });
  const photograph = await lyingPhotograph(900, 600);
  const answers = [
    await postImage(`${url}/api/face/login`, photograph),
    await postJson(`${url}/api/face/login`, { image: photograph.toString("base64") }),
  ];
  for (const response of answers) {
    assert.equal(response.status, 200);
    const { seen } = await response.json();
    const { format, width, height } = await sharp(Buffer.from(seen.image, "base64")).metadata();
    assert.deepEqual({ format, width, height }, { format: "jpeg", width: 133, height: 200 });
  }
});

test("RECOMPRESS refuses what is no image", async (t) => {
  const backend = { FORWARD: "parse", RECOMPRESS: "200" };
  const { url } = await startBoth(t, { backend, stub: CHECKED });
  const response = await postImage(`${url}/api/face/login`, "no image at all");
  assert.equal(response.status, 422);
  assert.match((await response.json()).error, /^The image cannot be read: /);
});

/** As phones store an upright photograph: on its side, with an EXIF orientation of 6. */
function lyingPhotograph(width, height) {
  const background = { r: 90, g: 120, b: 60 };
  return sharp({ create: { width, height, channels: 3, background } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}
