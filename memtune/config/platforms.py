"""The catalogue of providers' plans: what may stand in platforms.yaml, and its look-up."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from memtune.config.document import read
from memtune.config.fields import DurationSeconds, SizeBytes
from memtune.config.validate import validated
from memtune.errors import UsageError, did_you_mean
from memtune.model import Platform, Source

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=32)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Sourced(_Part):
    source: str = Field(pattern=r"^https://\S+$")
    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")

    def seen(self, about: str) -> Source:
        """Return where facts about something were read."""
        return Source(about, self.source, self.as_of)


class PlanPart(_Part):
    """What one instance of a plan has."""

    ram: SizeBytes
    cpus: int | float | None = Field(default=None, gt=0)


class SizesPart(_Sourced):
    """A provider's plans."""

    plans: dict[Name, PlanPart] = Field(min_length=1)


class PricesPart(_Sourced):
    """What one source says that plans cost."""

    usd_month: dict[Name, int | float] = Field(min_length=1)


class HealthPart(_Sourced):
    """A provider's rules for instances that do not answer."""

    timeout: DurationSeconds | None = None
    unrouted_after: DurationSeconds | None = None
    restarted_after: DurationSeconds | None = None
    boot_limit: DurationSeconds | None = None


class NotePart(_Sourced):
    """What else is to be known, in a sentence."""

    says: str


class ProviderPart(_Part):
    """A provider: its plans, their prices and its rules."""

    title: str
    sizes: SizesPart
    prices: list[PricesPart] = []
    health: HealthPart | None = None
    notes: list[NotePart] = []

    @model_validator(mode="after")
    def _prices_are_of_plans(self) -> Self:
        priced = [plan for prices in self.prices for plan in prices.usd_month]
        for plan in priced:
            if plan not in self.sizes.plans:
                hint = did_you_mean(plan, self.sizes.plans)
                raise ValueError(f"there is a price but no plan {plan!r}", hint)
            if priced.count(plan) > 1:
                raise ValueError(f"the plan {plan!r} has two prices", "remove one")
        return self


class PlatformsFile(_Part):
    """The catalogue."""

    version: Literal[1]
    providers: dict[Name, ProviderPart]


def load_platform(name: str) -> Platform:
    """Return the plan of a name such as ``render:starter``.

    Raises UsageError for an unknown name.
    """
    for platform in platforms():
        if platform.name == name:
            return platform
    raise UsageError(f"there is no platform {name!r}", hint=_hint(name))


def platform_names() -> list[str]:
    """Return the names of all plans, by provider, as the catalogue orders them."""
    return [platform.name for platform in platforms()]


@cache
def platforms() -> tuple[Platform, ...]:
    """Return all plans, as the catalogue orders them."""
    with as_file(files("memtune.config") / "platforms.yaml") as path:
        file = validated(read(path), PlatformsFile)
    return tuple(
        platform
        for name, provider in file.providers.items()
        for platform in _platforms(name, provider)
    )


def _hint(name: str) -> str:
    """A provider or a plan alone is answered with the names that it is part of."""
    names = platform_names()
    parts = [known for known in names if name in known.split(":")]
    if parts:
        return f"known: {', '.join(parts)}"
    close = did_you_mean(name, names)
    return close if close.startswith("did") else "`memtune platforms` lists them"


def _platforms(provider: str, part: ProviderPart) -> Iterator[Platform]:
    health = part.health
    for plan, size in part.sizes.plans.items():
        price, priced = _price(part, plan)
        sources = [part.sizes.seen("sizes"), *priced]
        sources += [health.seen("health")] if health else []
        sources += [note.seen("note") for note in part.notes]
        yield Platform(
            name=f"{provider}:{plan}",
            title=part.title,
            ram_bytes=size.ram,
            cpus=size.cpus,
            price_usd_month=price,
            boot_limit_s=health.boot_limit if health else None,
            health_timeout_s=health.timeout if health else None,
            unrouted_after_s=health.unrouted_after if health else None,
            restarted_after_s=health.restarted_after if health else None,
            notes=tuple(note.says for note in part.notes),
            sources=tuple(sources),
        )


def _price(part: ProviderPart, plan: str) -> tuple[float | None, list[Source]]:
    for prices in part.prices:
        if plan in prices.usd_month:
            return prices.usd_month[plan], [prices.seen("price")]
    return None, []
