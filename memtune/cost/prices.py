"""A fit as the rows of a bill: each knob's steps, and what knobs cost only together."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import log2

from memtune.cost.codes import Code, shapes
from memtune.cost.fit import Data, Fit, with_term
from memtune.cost.seen import Seen, alone
from memtune.cost.select import Term
from memtune.model import Scalar, Settings, Space
from memtune.model.bill import Cost, Range, Shape, Step, Together

NEAR = 0.03
"""How far from what was seen a shape may be that is easier to say: a share of the largest step."""


def costs(space: Space, start: Settings, fit: Fit, data: Data) -> tuple[Cost, ...]:
    """Return what each knob that was turned costs, one after the other in the space's order."""
    return tuple(
        _cost(knob.name, start, with_term(fit, (knob.name,), data), fit, data.seen)
        for knob in space.knobs
        if knob.name in fit.codes
    )


def together(start: Settings, fit: Fit) -> tuple[Together, ...]:
    """Return what knobs cost only together, the dearest first, each where it is most."""
    found = [_dearest(start, fit, term) for term in fit.terms if len(term) > 1]
    return tuple(sorted(found, key=lambda one: -abs(one.cost.bytes)))


def _cost(knob: str, start: Settings, one: Fit, fit: Fit, seen: Sequence[Seen]) -> Cost:
    """What runs that differ in nothing else show; by the fit, where they were not made."""
    code = one.codes[knob]
    told = {value: alone(start, knob, value, seen) for value in code.values}
    steps = [
        Step(value, told[value] or one.amount(one.row(turned(start, {knob: value}), (knob,))))
        for value in code.values
        if value != code.start
    ]
    seen_alone = [step for step in steps if told[step.value] is not None]
    shape = _simplest(code, seen_alone) if seen_alone else code.shape
    return Cost(
        knob=knob,
        start=code.start,
        steps=tuple(steps),
        shape=shape,
        each=_each(replace(code, shape=shape), steps),
        matters=any(knob in term for term in fit.terms),
    )


def _simplest(code: Code, steps: Sequence[Step]) -> Shape:
    """The first shape that passes near all steps that were seen; that of the code, if none does."""
    near = NEAR * max(abs(step.cost.bytes) for step in steps)
    for shape in shapes(replace(code, alone=())):
        each = _each(replace(code, shape=shape), steps)
        if each is None:
            continue
        told = [each.bytes * _count(shape, code.start, step.value) for step in steps]
        if all(
            step.cost.low - near <= value <= step.cost.high + near
            for step, value in zip(steps, told, strict=True)
        ):
            return shape
    return code.shape


def _each(code: Code, steps: Sequence[Step]) -> Range | None:
    """What one costs, told from the number that is farthest from the bill's own."""
    numbers = [step for step in steps if not isinstance(step.value, str)]
    if isinstance(code.start, str) or not numbers:
        return None
    far = max(numbers, key=lambda step: abs(_count(code.shape, code.start, step.value)))
    count = _count(code.shape, code.start, far.value)
    if not count:
        return None
    ends = sorted((far.cost.low / count, far.cost.high / count))
    return Range(far.cost.bytes / count, *ends)


def _count(shape: Shape, start: Scalar, value: Scalar) -> float:
    """How many there are between two numbers: further ones, squares, doublings."""
    if isinstance(start, str) or isinstance(value, str):
        return 0.0
    if shape is Shape.LINEAR:
        return float(value) - start
    if shape is Shape.SQUARE:
        return float(value) ** 2 - float(start) ** 2
    return log2(value / start) if shape is Shape.DOUBLING else 0.0


def _dearest(start: Settings, fit: Fit, term: Term) -> Together:
    choices = [[(knob, value) for value in fit.codes[knob].values] for knob in term]
    found = [
        Together(Settings(chosen), fit.amount(fit.row(turned(start, dict(chosen)), only=term)))
        for chosen in product(*choices)
    ]
    return max(found, key=lambda one: abs(one.cost.bytes))


def turned(settings: Settings, values: dict[str, Scalar]) -> Settings:
    """Return settings with some knobs turned."""
    return Settings.of(settings.as_dict() | values)
