"""How often one address may ask, through Flask-Limiter; off unless RATE_LIMITS says otherwise.

Each worker counts for itself: with several workers an address may ask that many
times more, until the counts are kept outside (Flask-Limiter's storage_uri).
"""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from facial_service.settings import Settings


def set_up(app: Flask, settings: Settings, *exempt: str) -> None:
    """Limit all endpoints but those named in `exempt`."""
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]
    if not settings.rate_limits:
        return
    from flask_limiter import Limiter
    from flask_limiter.util import get_remote_address

    limiter = Limiter(
        get_remote_address,
        app=app,
        default_limits=[settings.rate_limits],
        storage_uri="memory://",
        headers_enabled=True,
    )
    for endpoint in exempt:
        limiter.exempt(app.view_functions[endpoint])
