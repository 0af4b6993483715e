"""The plan as JSON, in which form it reaches the load's container; checks types only."""

from pydantic import TypeAdapter, ValidationError

from memtune.errors import ConfigError
from memtune.model import PLAN_VARIABLE, Plan

_PLAN = TypeAdapter(Plan)


def plan_from(text: str) -> Plan:
    """Return the plan that a text holds. Raises ConfigError for anything else."""
    try:
        return _PLAN.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{PLAN_VARIABLE} holds no plan: {place}: {first['msg']}" if place else first["msg"],
            hint="memtune.execute.request writes it",
        ) from error
