"""The values of a knob as numbers: zero at the bill's own value, one of a few shapes elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from memtune.model import Scalar
from memtune.model.bill import Shape

_ENOUGH = 3
"""Numbers that it takes to tell one shape from another."""


@dataclass(frozen=True)
class Code:
    """How one knob's values become columns of numbers.

    Numbers follow the shape; a word, such as ``unlimited``, has a step of its own. No column
    goes beyond one.
    """

    values: tuple[Scalar, ...]
    """Those that runs were made with, in the knob's order, the bill's own among them."""
    start: Scalar
    """The bill's own, where every column is zero."""
    shape: Shape
    alone: tuple[float, ...] = ()
    """What each value costs alone, in bytes; empty where some were not executed alone."""
    ordered: bool = True
    """Whether numbers say how much there is; those of a category are names."""

    def of(self, value: Scalar) -> list[float]:
        """Return the columns of a value. Raises KeyError for one that no shape tells of."""
        if value not in self.values and not self._between(value):
            raise KeyError(value)
        here, start = self._raw(value), self._raw(self.start)
        return [(a - b) / scale for a, b, scale in zip(here, start, self._scales(), strict=True)]

    def reaches(self, value: Scalar) -> bool:
        """Return whether it tells of this value."""
        return value in self.values or self._between(value)

    def _between(self, value: Scalar) -> bool:
        numbers = _numbers(self.values)
        return (
            self.shape not in (Shape.STEP, Shape.ALONE)
            and not isinstance(value, str)
            and len(numbers) > 1
            and min(numbers) <= value <= max(numbers)
        )

    def _scales(self) -> list[float]:
        start = self._raw(self.start)
        spans = [
            max(abs(column[n] - start[n]) for column in map(self._raw, self.values))
            for n in range(len(start))
        ]
        return [span or 1.0 for span in spans]

    def _raw(self, value: Scalar) -> list[float]:
        if self.shape is Shape.ALONE:
            return [self.alone[self.values.index(value)]]
        if self.shape is Shape.STEP:
            return [float(value == other) for other in self.values if other != self.start]
        words = [float(value == word) for word in self.values if isinstance(word, str)]
        most = max(_numbers(self.values))
        number = 0.0 if isinstance(value, str) else _shaped(self.shape, value, most)
        return [number, *words]


def shapes(code: Code) -> tuple[Shape, ...]:
    """Return the shapes that the need can follow a knob's values in, the simplest first."""
    if not code.ordered:
        return (Shape.STEP,)
    if len(code.values) < _ENOUGH:
        return (Shape.STEP,) if len(_numbers(code.values)) < len(code.values) else (Shape.LINEAR,)
    alone = (Shape.ALONE,) if code.alone else ()
    numbers = _numbers(code.values)
    if len(numbers) < _ENOUGH:
        return (*alone, Shape.STEP)
    doubling = (Shape.DOUBLING,) if min(numbers) > 0 else ()
    return (Shape.LINEAR, Shape.SQUARE, *doubling, *alone, Shape.STEP)


def _numbers(values: Sequence[Scalar]) -> list[float]:
    return [value for value in values if not isinstance(value, str)]


def _shaped(shape: Shape, value: float, most: float) -> float:
    """A number under its shape, counted from the largest: words stand where that is."""
    if shape is Shape.SQUARE:
        return float(value) ** 2 - float(most) ** 2
    if shape is Shape.DOUBLING:
        return math.log2(value / most)
    return float(value) - float(most)
