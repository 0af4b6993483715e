"""The plan as JSON, in which form it reaches the load's container; checks types only."""

from pydantic import TypeAdapter, ValidationError

from memtune.errors import ConfigError
from memtune.model import Plan

VARIABLE = "MEMTUNE_LOAD"
"""Environment variable that holds the plan. The kernel takes no variable above 128 KiB."""
_PLAN = TypeAdapter(Plan)


def plan_json(plan: Plan) -> str:
    """Return a plan as text that ``plan_from`` reads back to an equal one."""
    return _PLAN.dump_json(plan).decode()


def plan_from(text: str) -> Plan:
    """Return the plan that a text holds. Raises ConfigError for anything else."""
    try:
        return _PLAN.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{VARIABLE} holds no plan: {place}: {first['msg']}" if place else first["msg"],
            hint="it is written by memtune.load.plan.plan_json",
        ) from error
