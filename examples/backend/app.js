// The application: its parts, put together; opens no port.

import compression from "compression";
import express from "express";

import { answerError, notFound } from "./errors.js";
import { faceRoutes } from "./face.js";
import { FacialService } from "./facial.js";
import { makeRecompress } from "./images.js";
import { Slots } from "./slots.js";

export async function makeApp(settings, memory) {
  const slots = new Slots(settings);
  const facial = new FacialService(settings.faceUrl, settings.faceTimeoutMs);
  const { recompressPx } = settings;
  const recompress = recompressPx === null ? null : await makeRecompress(recompressPx);
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  if (settings.compression) {
    app.use(compression({ level: 6, threshold: 1024 }));
  }
  app.get("/health", health(memory, slots));
  app.use("/api/face", faceRoutes({ settings, memory, slots, facial, recompress }));
  app.use(notFound);
  app.use(answerError);
  return app;
}

/**
 * Says that this process answers, and nothing of the facial service: who asks restarts what is
 * not well, and a restart of the backend mends no other service.
 */
function health(memory, slots) {
  return (req, res) => {
    res.json({
      status: "ok",
      memory: memory.figures(),
      requests: { inFlight: slots.busy, waiting: slots.waiting },
    });
  };
}
