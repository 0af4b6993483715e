// Stands in for the facial service where the backend alone is tested or measured: reads the
// whole body, waits, and answers as if it had recognised somebody.
//
// PORT, STUB_DELAY_MS (0), STUB_STATUS (200), STUB_USER ("ana"). With STUB_CHECK=on it also
// holds the body, reads it as the facial service would, and says what was in it.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const PORT = Number(process.env.PORT || 5001);
const DELAY_MS = Number(process.env.STUB_DELAY_MS || 0);
const STATUS = Number(process.env.STUB_STATUS || 200);
const USER = process.env.STUB_USER || "ana";
const CHECK = process.env.STUB_CHECK === "on";

async function serve(req, res) {
  if (req.url === "/health") {
    return answer(res, 200, { status: "ok" });
  }
  const seen = CHECK ? await looked(req) : await counted(req);
  await wait(DELAY_MS);
  const said = STATUS < 400 ? { user: USER, distance: 0.31 } : { error: `The stub says ${STATUS}.` };
  return answer(res, STATUS, { ...said, ...seen });
}

async function counted(req) {
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
  }
  return { bytes };
}

async function looked(req) {
  const chunks = await req.toArray();
  const body = Buffer.concat(chunks);
  const { user, image } = await (isForm(req) ? fromForm(req, body) : fromJson(body));
  return {
    bytes: body.length,
    seen: {
      user,
      bytes: image.length,
      sha256: createHash("sha256").update(image).digest("hex"),
      // JPEG as base64, for tests that look at the picture; small ones only.
      ...(image.length < 65_536 && { image: image.toString("base64") }),
    },
  };
}

function isForm(req) {
  return req.headers["content-type"]?.startsWith("multipart/form-data");
}

async function fromForm(req, body) {
  const headers = { "content-type": req.headers["content-type"] };
  const form = await new Response(body, { headers }).formData();
  const image = Buffer.from(await form.get("image").arrayBuffer());
  return { user: form.get("user") ?? undefined, image };
}

function fromJson(body) {
  const { user, image } = JSON.parse(body);
  return { user, image: Buffer.from(image, "base64") };
}

function answer(res, status, body) {
  const text = JSON.stringify(body);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  res.end(text);
}

const server = createServer((req, res) => {
  serve(req, res).catch((error) => {
    if (!res.headersSent && !res.destroyed) {
      answer(res, 400, { error: error.message });
    }
  });
});
server.listen(PORT, () => console.log(`The stub listens on port ${server.address().port}.`));
process.once("SIGTERM", () => process.exit(0));
