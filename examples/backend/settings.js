// All settings, read once from the environment; a bad value ends the start with a sentence.

export class SettingsError extends Error {}

/** Return the settings, frozen; throws SettingsError that names the variable and what it takes. */
export function readSettings(env) {
  const settings = Object.freeze({
    port: integer(env, "PORT", 3000, { least: 0, most: 65535 }),
    faceUrl: httpUrl(env, "FACE_URL", "http://127.0.0.1:5001"),
    // Without a byte moving to or from the facial service for this long, it is too slow.
    faceTimeoutMs: integer(env, "FACE_TIMEOUT_MS", 30_000, { least: 1 }),
    // stream: a body goes on to the facial service while it comes in, 64 KiB at a time.
    // parse: a body is read whole, parsed, and written anew.
    forward: word(env, "FORWARD", "stream", ["stream", "parse"]),
    bodyLimitBytes: integer(env, "BODY_LIMIT_MB", 10, { least: 1, most: 512 }) * 2 ** 20,
    // Requests in flight at the same time; the others wait and their bodies stay unread.
    slots: integer(env, "SLOTS", 4, { least: 1, or: { unlimited: Infinity } }),
    queueLimit: integer(env, "QUEUE_LIMIT", 64, { least: 0 }),
    queueTimeoutMs: integer(env, "QUEUE_TIMEOUT_MS", 30_000, { least: 1 }),
    compression: word(env, "COMPRESSION", "on", ["on", "off"]) === "on",
    // Longest side in pixels that photographs are scaled down to; null leaves them alone.
    recompressPx: integer(env, "RECOMPRESS", null, { least: 64, most: 8192, or: { off: null } }),
    memoryCheckMs: integer(env, "MEMORY_CHECK_S", 300, { least: 1, most: 86_400 }) * 1000,
    // Shares of the container's limit, in percent.
    memoryWarn: integer(env, "MEMORY_WARN", 80, { least: 1, most: 99 }) / 100,
    memoryRefuse:
      integer(env, "MEMORY_REFUSE", 90, { least: 1, most: 99, or: { off: Infinity } }) / 100,
  });
  refuseContradiction(settings);
  return settings;
}

function refuseContradiction(settings) {
  if (settings.recompressPx !== null && settings.forward === "stream") {
    throw new SettingsError(
      "RECOMPRESS needs whole photographs, and FORWARD=stream never holds one: " +
        "set FORWARD=parse or RECOMPRESS=off.",
    );
  }
}

function integer(env, name, fallback, { least, most = Number.MAX_SAFE_INTEGER, or = {} }) {
  const given = env[name];
  if (given === undefined || given === "") {
    return fallback;
  }
  if (Object.hasOwn(or, given)) {
    return or[given];
  }
  const value = /^\d+$/.test(given) ? Number(given) : NaN;
  if (!(value >= least && value <= most)) {
    const range =
      most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
    const words = [`a whole number ${range}`, ...Object.keys(or)].join(" or ");
    throw new SettingsError(`${name} is "${given}", but takes ${words}.`);
  }
  return value;
}

function word(env, name, fallback, words) {
  const given = env[name] || fallback;
  if (!words.includes(given)) {
    throw new SettingsError(`${name} is "${given}", but takes ${words.join(" or ")}.`);
  }
  return given;
}

function httpUrl(env, name, fallback) {
  const given = env[name] || fallback;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url?.protocol !== "http:") {
    throw new SettingsError(`${name} is "${given}", but takes a URL such as ${fallback}.`);
  }
  return url;
}
