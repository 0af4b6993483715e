"""Puts the parts together: ``gunicorn 'facial_service.app:create_app()'``."""

from __future__ import annotations

import os
import sqlite3
import time

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from facial_service import limits, metrics
from facial_service.admission import RETRY_AFTER_S, Admission
from facial_service.cache import EncodingCache
from facial_service.engine import load
from facial_service.errors import RefusedError
from facial_service.gallery import Gallery
from facial_service.photo import InMemoryRequest
from facial_service.routes import NEVER_LIMITED, add_routes
from facial_service.settings import Settings, settings_from
from facial_service.store import Store
from memtune.guard import Guard


def create_app(settings: Settings | None = None) -> Flask:
    """Load the models, open the database and return the application."""
    settings = settings or settings_from(os.environ)
    app = Flask(__name__, static_folder=None)
    app.request_class = InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    cache = EncodingCache(settings.cache_size, settings.cache_ttl_s)
    admission = Admission(settings, _guard(cache) if settings.guard else None)
    gallery = Gallery(Store(settings.database), cache)
    add_routes(app, settings, load(settings.engine), gallery, admission)
    _answer_errors(app)
    _count(app)
    app.after_request(lambda response: _drained(admission, response))
    limits.set_up(app, settings, *NEVER_LIMITED)
    return app


def _guard(cache: EncodingCache) -> Guard:
    """Return what watches this container's memory; gunicorn.conf.py starts it in each worker."""
    guard = Guard(retry_after_s=RETRY_AFTER_S)
    guard.register(cache.clear)
    return guard


def _answer_errors(app: Flask) -> None:
    """Answer every error as JSON with one sentence."""

    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Response:
        return _error(error.status, str(error), error.retry_after_s)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        answer = _error(error.code or 500, error.description or error.name)
        answer.headers.extend(
            (name, value) for name, value in error.get_headers() if name != "Content-Type"
        )
        return answer

    @app.errorhandler(ClientDisconnected)
    def silent(_: ClientDisconnected) -> Response:
        return _error(408, "The body did not arrive in time.")

    @app.errorhandler(MemoryError)
    def full(_: MemoryError) -> Response:
        return _error(503, "There is no memory for this now; try again soon.", RETRY_AFTER_S)

    @app.errorhandler(sqlite3.Error)
    def database(error: sqlite3.Error) -> Response:
        app.logger.error("database: %s", error)
        return _error(503, "The database cannot be used now; try again soon.", RETRY_AFTER_S)

    @app.errorhandler(Exception)
    def bug(_: Exception) -> Response:
        app.logger.exception("%s %s failed", request.method, request.path)
        return _error(500, "The service failed; its log says why.")


def _error(status: int, sentence: str, retry_after_s: int | None = None) -> Response:
    answer = jsonify(error=sentence)
    answer.status_code = status
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _count(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.begun = time.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        endpoint = (request.endpoint or "unknown").rpartition(".")[2]
        metrics.REQUESTS.labels(endpoint, str(response.status_code)).inc()
        metrics.LATENCY.labels(endpoint).observe(time.monotonic() - g.begun)
        return response


def _drained(admission: Admission, response: Response) -> Response:
    if response.status_code >= 400 and response.status_code != 408:
        admission.drain(request.environ)
    return response
