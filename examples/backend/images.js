// Makes photographs smaller before they go on, with sharp; loaded only where that is wanted.

import { ApiError } from "./errors.js";

const MOST_PIXELS = 50_000_000;
const QUALITY = 85;

/**
 * Return a function from an image's bytes to those of a JPEG, upright, whose longest side is at
 * most `maxSidePx`. It rejects with 422 what is no image.
 *
 * One thread for each image, and no cache. How many images are decoded at once is bounded by
 * SLOTS and by UV_THREADPOOL_SIZE.
 */
export async function makeRecompress(maxSidePx) {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  return async (image) => {
    try {
      return await sharp(image, { limitInputPixels: MOST_PIXELS })
        .autoOrient()
        .resize({ width: maxSidePx, height: maxSidePx, fit: "inside", withoutEnlargement: true })
        .jpeg({ quality: QUALITY })
        .toBuffer();
    } catch (error) {
      throw new ApiError(422, `The image cannot be read: ${firstLine(error.message)}.`);
    }
  };
}

function firstLine(text) {
  return text.split("\n", 1)[0];
}
