// The routes /api/face/*: admit a request, read or stream its body, send it on, answer.

import express, { Router } from "express";

import { ApiError } from "./errors.js";
import { around } from "./multipart.js";

/** `recompress` is null where photographs go on as they are. */
export function faceRoutes({ settings, memory, slots, facial, recompress }) {
  const admitted = [
    refuseAtSight(settings.bodyLimitBytes),
    slots.middleware(),
    memory.guard(() => slots.busy - 1),
  ];
  const forwarded =
    settings.forward === "stream"
      ? [streams(facial, settings.bodyLimitBytes)]
      : [...readers(settings.bodyLimitBytes), parses(facial, recompress)];
  const router = Router();
  for (const path of ["/register", "/login"]) {
    router.post(path, ...admitted, ...forwarded);
  }
  return router;
}

/** Refuse by the headers alone what would be refused later, before it costs a slot. */
function refuseAtSight(limitBytes) {
  return (req, res, next) => {
    if (Number(req.headers["content-length"]) > limitBytes) {
      throw new ApiError(413, `The body is too large: at most ${limitBytes / 2 ** 20} MB.`);
    }
    if (!isJson(req) && !isImage(req)) {
      throw new ApiError(415, "Send application/json or an image, such as image/jpeg.");
    }
    if ((req.headers["content-encoding"] ?? "identity") !== "identity") {
      throw new ApiError(415, "Send the body as it is, without Content-Encoding.");
    }
    next();
  };
}

function isJson(req) {
  return req.is("application/json") !== false && req.is("application/json") !== null;
}

function isImage(req) {
  return req.is("image/*") !== false && req.is("image/*") !== null;
}

/** The body goes on as it comes in; the facial service judges it. */
function streams(facial, limitBytes) {
  return async (req, res) => {
    const form = isJson(req) ? { type: "application/json" } : around(photograph(req));
    answer(res, await facial.stream(req.path, { ...form, limitBytes }, req, res));
  };
}

function readers(limit) {
  return [
    express.json({ limit, inflate: false }),
    express.raw({ type: "image/*", limit, inflate: false }),
  ];
}

/** The body was read whole: JSON as an object, an image as a Buffer. */
function parses(facial, recompress) {
  return async (req, res) => {
    const body = Buffer.isBuffer(req.body)
      ? await imageForm(req.body, photograph(req), recompress)
      : await jsonForm(req, recompress);
    req.body = undefined; // while the facial service works, one copy is enough
    answer(res, await facial.send(req.path, body, res));
  };
}

async function imageForm(image, { type, user }, recompress) {
  const bytes = recompress ? await recompress(image) : image;
  const form = around({ type: recompress ? "image/jpeg" : type, user });
  return { type: form.type, body: Buffer.concat([form.head, bytes, form.tail]) };
}

async function jsonForm(req, recompress) {
  const { user, image } = req.body ?? {};
  if (typeof image !== "string" || image === "") {
    throw new ApiError(422, 'The body needs "image", a photograph in base64.');
  }
  if (req.path === "/register" && (typeof user !== "string" || user === "")) {
    throw new ApiError(422, 'The body needs "user", a name.');
  }
  if (!recompress) {
    return { type: "application/json", body: JSON.stringify({ user, image }) };
  }
  req.body = undefined;
  return imageForm(Buffer.from(image, "base64"), { type: "image/jpeg", user }, recompress);
}

/** What the headers and the query say of an image that is the body itself. */
function photograph(req) {
  const user = req.query.user;
  if (req.path === "/register" && (typeof user !== "string" || user === "")) {
    throw new ApiError(422, "Say who is on the photograph: ?user=NAME.");
  }
  return { type: req.headers["content-type"].split(";", 1)[0], user };
}

function answer(res, { status, body, retryAfter }) {
  if (retryAfter !== undefined) {
    res.set("Retry-After", retryAfter);
  }
  res.status(status).json(body);
}
