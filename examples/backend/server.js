// The process: settings, port, signals.

import { makeApp } from "./app.js";
import { Memory } from "./memory.js";
import { readSettings, SettingsError } from "./settings.js";

const BAD_SETTINGS = 2;
const PATIENCE_MS = 10_000;
const IDLE_LOOK_MS = 100;
// Longer than the idle time of the balancers in front (60 s is usual), or they meet closed
// connections.
const KEEP_ALIVE_MS = 65_000;

async function main() {
  const settings = readSettings(process.env);
  const memory = new Memory(settings);
  const app = await makeApp(settings, memory);
  const server = app.listen(settings.port, (error) => {
    if (error) {
      end(1, `The backend cannot listen on port ${settings.port}: ${error.message}.`);
    }
    console.log(`The backend listens on port ${server.address().port}.`);
    memory.start();
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, () => stop(server));
  }
}

/** Take no more requests, answer those in flight, then end. */
function stop(server) {
  console.log("The backend stops.");
  server.close(() => process.exit(0));
  // A connection that is kept alive becomes idle when its last answer is out.
  setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  setTimeout(() => process.exit(0), PATIENCE_MS).unref();
}

function end(status, sentence) {
  console.error(sentence);
  process.exit(status);
}

main().catch((error) => {
  if (error instanceof SettingsError) {
    end(BAD_SETTINGS, error.message);
  }
  throw error;
});
