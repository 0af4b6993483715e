"""The endpoints: requests to calls of the parts, their results to JSON; decides nothing else."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from facial_service import metrics
from facial_service.admission import Admission
from facial_service.decode import decode
from facial_service.engine import Encoding, Engine, look
from facial_service.errors import RefusedError
from facial_service.gallery import Gallery
from facial_service.photo import read, read_photograph
from facial_service.settings import Settings

USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

NEVER_LIMITED = ("service.health", "service.metrics_text")


def add_routes(
    app: Flask, settings: Settings, engine: Engine, gallery: Gallery, admission: Admission
) -> None:
    """Add the five endpoints to the app."""
    service = Blueprint("service", __name__)

    def encode(photograph: bytes) -> Encoding:
        with admission.work():
            return look(engine, decode(photograph, settings), settings.upsample)

    @service.post("/register")
    def register() -> Response:
        with admission.enter(request.environ):
            user, photograph = read("user", "image")
            gallery.register(_valid(user), encode(photograph))
        return jsonify(user=user, registered=True)

    @service.post("/login")
    def login() -> Response:
        with admission.enter(request.environ):
            match = gallery.match(encode(read_photograph()))
        if match is None:
            raise RefusedError(401, "no match")
        return jsonify(user=match.user, distance=round(match.distance, 4))

    @service.delete("/users/<user>")
    def delete(user: str) -> Response:
        if not gallery.delete(_valid(user)):
            raise RefusedError(404, "Nobody is registered under this id.")
        return jsonify(user=user, deleted=True)

    @service.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @service.get("/metrics")
    def metrics_text() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(service)


def _valid(user: str) -> str:
    if not USER_ID.fullmatch(user):
        raise RefusedError(
            400, "An id is up to 64 letters, digits and ._@- and begins with a letter or digit."
        )
    return user
