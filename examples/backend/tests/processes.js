// Starts the real server and the stub as processes on loopback ports, and ends them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const DIRECTORY = fileURLToPath(new URL("..", import.meta.url));
const LISTENS = /listens on port (\d+)/;

/** Start `node [flags] file`; returns {url, output, process, stop}. `t.after` stops it. */
export async function start(t, file, env = {}, flags = []) {
  const child = spawn(process.execPath, [...flags, file], {
    cwd: DIRECTORY,
    env: { PATH: process.env.PATH, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  };
  t.after(() => stop("SIGKILL"));
  const output = [];
  const url = await new Promise((resolve, reject) => {
    const read = (line) => {
      output.push(line);
      const port = LISTENS.exec(line)?.[1];
      if (port) {
        resolve(`http://127.0.0.1:${port}`);
      }
    };
    createInterface(child.stdout).on("line", read);
    createInterface(child.stderr).on("line", read);
    child.once("exit", (status) => reject(new Error(`exit ${status}: ${output.join("\n")}`)));
  });
  return { url, output, process: child, stop };
}

/** Start a stub and a backend in front of it. */
export async function startBoth(t, { backend = {}, stub = {}, flags = ["--expose-gc"] } = {}) {
  const facial = await start(t, "stub.js", stub);
  const server = await start(t, "server.js", { FACE_URL: facial.url, ...backend }, flags);
  return { ...server, facial };
}

/** How many requests a server says it has in flight and waiting. */
export async function requests(url) {
  return (await (await fetch(`${url}/health`)).json()).requests;
}

export async function until(condition) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await condition()) {
      return;
    }
    await wait(25);
  }
  assert.fail("it did not come true within 5 s");
}

export function postJson(url, body, headers = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export function postImage(url, body, type = "image/jpeg") {
  return fetch(url, { method: "POST", headers: { "content-type": type }, body });
}
