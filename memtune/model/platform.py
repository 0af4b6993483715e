"""Where a service may be deployed: a provider's plan, as documented; no I/O."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where facts were read."""

    about: str
    """Which facts: sizes, price or health."""
    url: str
    as_of: str
    """Date that the source gives itself, YYYY-MM-DD; of the day it was read where it gives none."""


@dataclass(frozen=True)
class Platform:
    """One plan of a provider. What no source tells is None; prices and rules change."""

    name: str
    """Provider and plan, such as ``render:starter``."""
    title: str
    """The provider as it writes itself."""
    ram_bytes: int
    """What one instance may use."""
    cpus: float | None = None
    """CPUs of one instance, where the provider gives a number of them."""
    price_usd_month: float | None = None
    """Of one instance that always runs."""
    boot_limit_s: float | None = None
    """Within this time a new instance has to be ready, or the deployment fails."""
    health_timeout_s: float | None = None
    """Within this time a health check has to be answered."""
    unrouted_after_s: float | None = None
    """Failing its health checks for so long, an instance gets no more requests."""
    restarted_after_s: float | None = None
    """Failing its health checks for so long, an instance is restarted."""
    notes: tuple[str, ...] = ()
    """What else is to be known about the provider's memory and checks, a sentence each."""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Platforms:
    """The catalogue of plans."""

    plans: tuple[Platform, ...]
