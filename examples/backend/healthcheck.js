// Ends with 0 where the backend of this container answers /health, and with 1 where not.

import { get } from "node:http";

const LIMIT_MS = 4000;
const request = get(`http://127.0.0.1:${process.env.PORT || 3000}/health`, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.setTimeout(LIMIT_MS, () => process.exit(1));
request.on("error", () => process.exit(1));
