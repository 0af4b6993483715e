// Settings: defaults, and sentences for what cannot be.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { readSettings } from "../settings.js";

test("an empty environment gives settings that work", () => {
  const settings = readSettings({});
  assert.equal(settings.forward, "stream");
  assert.equal(settings.bodyLimitBytes, 10 * 2 ** 20);
  assert.equal(settings.recompressPx, null);
});

test("words stand for no limit", () => {
  const settings = readSettings({ SLOTS: "unlimited", MEMORY_REFUSE: "off", RECOMPRESS: "off" });
  assert.deepEqual([settings.slots, settings.memoryRefuse], [Infinity, Infinity]);
});

const BAD = {
  PORT: "99999",
  FACE_URL: "face:5001",
  SLOTS: "0",
  QUEUE_LIMIT: "-1",
  BODY_LIMIT_MB: "10mb",
  COMPRESSION: "yes",
  FORWARD: "copy",
  RECOMPRESS: "1e3",
  MEMORY_WARN: "100",
};
for (const [name, value] of Object.entries(BAD)) {
  test(`${name}=${value} is refused by name`, () => {
    const sentence = new RegExp(`^${name} is "${value}", but takes .+\\.$`);
    assert.throws(() => readSettings({ [name]: value }), { message: sentence });
  });
}

test("a contradiction is refused", () => {
  assert.throws(() => readSettings({ RECOMPRESS: "800" }), /set FORWARD=parse/);
});

test("a bad value ends the start with its sentence and status 2", () => {
  const directory = fileURLToPath(new URL("..", import.meta.url));
  const options = { cwd: directory, env: { SLOTS: "many" }, encoding: "utf8" };
  const { status, stderr } = spawnSync(process.execPath, ["server.js"], options);
  assert.equal(status, 2);
  assert.equal(stderr, 'SLOTS is "many", but takes a whole number from 1 up or unlimited.\n');
});
