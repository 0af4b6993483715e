// What a client is told when a request cannot be served: always JSON, always one sentence.

export class ApiError extends Error {
  /** `retryAfterS`: seconds after which another try makes sense; undefined where none does. */
  constructor(status, message, { retryAfterS, cause } = {}) {
    super(message, { cause });
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export function notFound(req, res, next) {
  next(new ApiError(404, `There is no ${req.method} ${req.path}.`));
}

/** The last middleware: every error as `{"error": sentence}`; ours are logged, clients' are not. */
export function answerError(error, req, res, next) {
  const { status, message, retryAfterS } = told(error);
  if (status >= 500) {
    console.error(`${status} ${req.method} ${req.path}: ${message}${because(error)}`);
  }
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  if (retryAfterS !== undefined) {
    res.set("Retry-After", String(retryAfterS));
  }
  res.status(status).json({ error: message });
}

function told(error) {
  if (error instanceof ApiError) {
    return error;
  }
  const message = BODY_PARSER[error.type];
  if (message) {
    return { status: error.status, message };
  }
  if (error.expose && error.status < 500) {
    return { status: error.status, message: error.message };
  }
  return { status: 500, message: "The backend failed; its log says why." };
}

function because(error) {
  const reason = error instanceof ApiError ? error.cause?.message || error.cause?.code : error.stack;
  return reason ? ` (${reason})` : "";
}

// https://github.com/expressjs/body-parser#errors
const BODY_PARSER = {
  "entity.too.large": "The body is too large.",
  "entity.parse.failed": "The body is no JSON.",
  "encoding.unsupported": "Send the body as it is, without Content-Encoding.",
  "charset.unsupported": "Send JSON in UTF-8.",
  "request.aborted": "The body ended too early.",
  "request.size.invalid": "The body is not as long as Content-Length says.",
};
