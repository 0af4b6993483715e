"""What knobs cost, told from made-up needs whose truth is known."""

import random

import pytest

from memtune.cost.fit import Data, Fit, fitted
from memtune.cost.interval import trusted
from memtune.cost.prices import costs, together
from memtune.cost.seen import Seen
from memtune.model import Knob, Role, Settings, Space
from memtune.model.bill import Cost, Shape
from memtune.units import KIB, MIB
from tests.unit.cost.made_up import SPACE, START, alone, every, need, seen


def drawn(count: int, seed: int = 3) -> list[Settings]:
    return random.Random(seed).sample(every(), count)


def told(noise: float = 0.002, count: int = 30) -> tuple[Fit, Data]:
    """Repeated runs of knobs turned alone, and others scattered over the space."""
    runs = seen(alone(), noise=noise, runs=2) + seen(drawn(count), noise=noise)
    return fitted(SPACE, START, list({one.settings: one for one in runs[::-1]}.values()))


def truth(settings: Settings) -> Seen:
    return seen([settings], noise=0)[0]


def cost(name: str) -> Cost:
    fit, data = told()
    return next(one for one in costs(SPACE, START, fit, data) if one.knob == name)


def test_what_a_knob_costs_alone_is_told_with_its_interval() -> None:
    engine = cost("engine").steps[0].cost

    assert engine.bytes == pytest.approx(80 * MIB, rel=0.02)
    assert engine.low < 80 * MIB < engine.high
    assert engine.high - engine.low < 4 * MIB


def test_a_small_cost_is_told_for_each_further_one() -> None:
    each = cost("cache").each

    assert cost("cache").matters
    assert each is not None
    assert each.low < KIB < each.high
    assert each.high < 2 * KIB


def test_a_knob_that_costs_nothing_is_said_not_to_matter_and_at_most_so_much() -> None:
    threads = cost("threads")

    assert not threads.matters
    assert threads.farthest is not None
    assert not threads.farthest.cost.is_known
    assert threads.farthest.cost.high < MIB


def test_knobs_that_cost_something_together_are_found_and_others_are_not() -> None:
    fit, _ = told()

    (found,) = together(START, fit)

    assert set(found.settings.as_dict()) == {"workers", "side"}
    truth = 20 * 7 * (1200**2 - 320**2) / 1e6
    assert found.cost.bytes == pytest.approx(truth * MIB, rel=0.03)


def test_the_shape_is_that_of_the_data() -> None:
    fit, _ = told(noise=0.0002)

    assert fit.codes["workers"].shape in (Shape.LINEAR, Shape.ALONE)
    assert fit.codes["side"].shape in (Shape.SQUARE, Shape.ALONE)


def test_needs_of_settings_that_were_not_executed_are_told() -> None:
    fit, data = told(noise=0.005)
    sure = trusted(fit, data).fit
    fresh = [one for one in every() if one not in {each.settings for each in data.seen}]

    inside = [sure.need(one).low <= truth(one).bytes <= sure.need(one).high for one in fresh]

    assert sum(inside) >= 0.95 * len(inside)


def test_noise_alone_makes_no_bill() -> None:
    found = 0
    for seed in range(20):
        runs = seen(drawn(24, seed), lambda **_: 100, noise=0.01)
        found += len(fitted(SPACE, START, runs)[0].terms)

    assert found <= 3


def test_the_error_of_what_was_left_out_is_told_and_widens_the_interval() -> None:
    smooth = trusted(*told())
    rough = trusted(*fitted(SPACE, START, seen(drawn(30), odd_but_steady)))

    assert smooth.error is not None
    assert rough.error is not None
    assert smooth.error < 0.01 < rough.error


def odd_but_steady(workers: int, side: int, engine: str, cache: int, threads: object) -> float:
    """No sum of costs: a remainder."""
    return 100 + 10 * (
        (workers * 7 + side // 40 + cache // 50 + len(engine) + len(str(threads))) % 5
    )


def test_few_settings_say_that_their_error_is_not_known() -> None:
    assert trusted(*fitted(SPACE, START, seen(drawn(4)))).error is None


def test_a_space_whose_every_settings_was_executed_is_told_exactly() -> None:
    space = Space((Knob("workers", (1, 2, 4)), Knob("side", (320, 640, 1200))))
    runs = seen(every(space), lambda workers, side: 50 + workers * side / 100, 0, runs=2)

    fit, _ = fitted(space, space.conservative, runs)

    for one in runs:
        assert fit.need(one.settings).bytes == pytest.approx(one.bytes, rel=0.02)


def test_costs_together_are_as_sure_as_the_data_say() -> None:
    # given the same costs, once exact and once met by chance where knobs are turned together
    def by_chance(**values: int | str) -> float:
        beyond = need(**values) - need(**{**START.as_dict(), **values, "workers": 1})  # type: ignore[arg-type]
        return need(**values) + 0.15 * beyond * chance.choice([-1, 1])  # type: ignore[arg-type]

    chance = random.Random(2)
    steady = seen(alone(), runs=2)
    others = [one for one in drawn(40) if one not in alone()]

    exact, _ = fitted(SPACE, START, steady + seen(others))
    loose, _ = fitted(SPACE, START, steady + seen(others, by_chance))

    # then intervals are wide only where chance is
    largest = Settings.of({**START.as_dict(), "workers": 8, "side": 1200})
    few = Settings.of({**START.as_dict(), "workers": 8})

    def width(fit: Fit, settings: Settings) -> float:
        told_need = fit.need(settings)
        return (told_need.high - told_need.low) / told_need.bytes

    assert loose.loose > exact.loose
    assert width(exact, largest) < 0.05
    assert width(loose, largest) > 0.1
    assert width(loose, few) < 0.05


KNOWN = Space(
    (Knob("workers", (1, 2, 6)), Knob("page_mib", (1, 2, 8)), Knob("entries", (100, 1000)))
)


def known_program(chance: random.Random) -> list[Seen]:
    """3 MiB a worker and its pages, entries that cost nothing, noise as kernels' batches make it;
    all settings executed, those with one knob turned twice more."""

    def run(settings: Settings) -> float:
        workers, pages, _ = (int(value) for _, value in settings)
        return (5.75 + chance.uniform(-0.2, 0.2) + workers * (3 + pages)) * MIB

    def is_alone(settings: Settings) -> bool:
        return sum(v != w for v, w in zip(settings, KNOWN.conservative, strict=True)) < 2

    return [Seen(s, tuple(run(s) for _ in range(3 if is_alone(s) else 1))) for s in every(KNOWN)]


def test_noise_of_small_costs_alone_does_not_grow_where_knobs_cost_much_together() -> None:
    chance = random.Random(5)

    for _ in range(20):
        fit, _ = fitted(KNOWN, KNOWN.conservative, known_program(chance))

        # then what workers and pages cost together is told, as it is with no noise
        both = together(KNOWN.conservative, fit)[0]
        assert both.settings == Settings.of({"workers": 6, "page_mib": 8})
        assert both.cost.bytes / MIB == pytest.approx(5 * 7, abs=1.5)


def test_what_kernels_charge_in_batches_is_no_cost_alone_or_together() -> None:
    chance, space = random.Random(1), KNOWN

    for _ in range(15):
        fit, data = fitted(space, space.conservative, known_program(chance))

        told_costs = {one.knob: one.matters for one in costs(space, space.conservative, fit, data)}
        assert told_costs == {"workers": True, "page_mib": True, "entries": False}
        assert len(together(space.conservative, fit)) == 1


def test_numbers_that_name_something_are_no_amount() -> None:
    # Given a collector whose modes are numbers, and cost as much as if they were counted,
    modes = Knob("mode", (1, 2, 3), role=Role.CATEGORY)
    space = Space((modes, Knob("workers", (1, 2, 4))))
    runs = seen(every(space), lambda mode, workers: 50 + 10 * mode + 5 * workers, 0.001, runs=2)

    fit, data = fitted(space, space.conservative, runs)

    # then each has its own cost, and there is none of a further one, or of one in between.
    mode = next(one for one in costs(space, space.conservative, fit, data) if one.knob == "mode")
    assert [round(step.cost.bytes / MIB) for step in mode.steps] == [10, 20]
    assert mode.shape in (Shape.ALONE, Shape.STEP)
    assert mode.each is None
    assert not fit.codes["mode"].reaches(1.5)
