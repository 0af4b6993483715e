// A form with one photograph, as the facial service takes it; written around bytes, not copied.

import { randomUUID } from "node:crypto";

/** Return what stands before and after the image's bytes, and the form's content type. */
export function around({ type, user }) {
  const boundary = `form-${randomUUID()}`;
  const name = user === undefined ? "" : part(boundary, 'name="user"', "") + `${user}\r\n`;
  const file = part(boundary, 'name="image"; filename="image"', `Content-Type: ${type}\r\n`);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    head: Buffer.from(name + file),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}

function part(boundary, disposition, more) {
  return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n`;
}
