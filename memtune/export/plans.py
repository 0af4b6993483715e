"""What a provider sells that holds a cap."""

from memtune.config.platforms import platforms
from memtune.errors import UsageError
from memtune.model import Platform
from memtune.units import format_bytes


def smallest(provider: str, cap_bytes: int) -> Platform:
    """Return the smallest plan of a provider with this much memory.

    Raises UsageError where even the largest one has less.
    """
    plans = [plan for plan in platforms() if plan.name.startswith(f"{provider}:")]
    fitting = [plan for plan in plans if plan.ram_bytes >= cap_bytes]
    if not fitting:
        largest = max(plan.ram_bytes for plan in plans)
        raise UsageError(
            f"no plan of {plans[0].title} has {format_bytes(cap_bytes)}; "
            f"the largest has {format_bytes(largest)}",
            hint="execute `memtune recommend` under the cap of a plan: `memtune platforms`",
        )
    return min(fitting, key=lambda plan: plan.ram_bytes)


def rounded_note(cap_bytes: int, sold_bytes: int, what: str) -> tuple[str, ...]:
    """What to say where more memory is sold than was asked for."""
    if sold_bytes == cap_bytes:
        return ()
    return (f"{what} has {format_bytes(sold_bytes)}: the least that is sold for the cap of "
            f"{format_bytes(cap_bytes)}",)  # fmt: skip
