"""The partial order of a space as bit sets: which settings are at least as generous as
others, knob by knob; values of a category are none of another's. Knows nothing of runs."""

from collections.abc import Iterable
from functools import reduce
from itertools import product

from memtune.errors import UsageError
from memtune.model import Role, Settings, Space

MAX_SIZE = 20_000


class Lattice:
    """All settings of a space, numbered from the most conservative in order of priority."""

    def __init__(self, space: Space) -> None:
        if space.size > MAX_SIZE:
            raise UsageError(
                f"the space holds {space.size} settings; at most {MAX_SIZE} can be searched",
                hint="give the knobs fewer values",
            )
        self.settings = [
            Settings(tuple(zip([knob.name for knob in space.knobs], values, strict=True)))
            for values in product(*(knob.values for knob in space.knobs))
        ]
        self.all = (1 << len(self.settings)) - 1
        self._number = {settings: n for n, settings in enumerate(self.settings)}
        self.categories = frozenset(
            k for k, knob in enumerate(space.knobs) if knob.role is Role.CATEGORY
        )
        """Knobs whose values have no order."""
        at_least = [self._at_least(k, space) for k in range(len(space.knobs))]
        at_most = [[self.all & ~above for above in [*masks[1:], 0]] for masks in at_least]
        for k in self.categories:
            equal = [above & below for above, below in zip(at_least[k], at_most[k], strict=True)]
            at_least[k] = at_most[k] = equal
        self._points = points = list(product(*(range(len(knob.values)) for knob in space.knobs)))
        self._place = {point: n for n, point in enumerate(points)}
        self._alike = [
            [above & below for above, below in zip(*masks, strict=True)]
            for masks in zip(at_least, at_most, strict=True)
        ]
        self.up = [self._meet(at_least, point) for point in points]
        """For each settings, those that are at least as generous in every knob."""
        self.down = [self._meet(at_most, point) for point in points]
        """For each settings, those that are at most as generous in every knob."""
        limits = {k for k, knob in enumerate(space.knobs) if knob.role is Role.LIMIT}
        tighter = [at_most[k] if k in limits else at_least[k] for k in range(len(space.knobs))]
        self.tighter = [self._meet(tighter, point) for point in points]
        """For each settings, those with no wider limits that ask for no less."""
        quality = {k for k, knob in enumerate(space.knobs) if knob.role is Role.QUALITY}
        slower = [at_least[k] if k in quality else at_most[k] for k in range(len(space.knobs))]
        self.slower = [self._meet(slower, point) for point in points]
        """For each settings, those that do no less work with no more."""
        self.ends = [n for n in range(len(points)) if self.down[n] == 1 << n]
        """The most conservative of each combination of categories."""
        self._steps = [
            k
            for k, knob in enumerate(space.knobs)
            if len(knob.values) > 1 and k not in limits | self.categories
        ]

    def number(self, settings: Settings) -> int:
        """Return the number of settings. Raises KeyError when they are not of the space."""
        return self._number[settings]

    def alike(self, n: int, knobs: Iterable[int]) -> int:
        """Return the settings that have the values of n in these knobs."""
        return reduce(int.__and__, (self._alike[k][self._points[n][k]] for k in knobs), self.all)

    def differing(self, n: int, m: int) -> list[int]:
        """Return the knobs in which two settings differ."""
        pairs = zip(self._points[n], self._points[m], strict=True)
        return [k for k, (one, other) in enumerate(pairs) if one != other]

    def moved(self, n: int, m: int, knob: int) -> int:
        """Return n with the value that m has in this knob."""
        point = list(self._points[n])
        point[knob] = self._points[m][knob]
        return self._place[tuple(point)]

    def beside(self, end: int) -> list[int]:
        """Return those one step of one knob away from a conservative end; limits need no more."""
        point = self._points[end]
        return [self._place[(*point[:k], 1, *point[k + 1 :])] for k in self._steps]

    def _meet(self, masks: list[list[int]], point: tuple[int, ...]) -> int:
        chosen = (masks[k][value] for k, value in enumerate(point))
        return reduce(int.__and__, chosen, self.all)

    def _at_least(self, k: int, space: Space) -> list[int]:
        """For each value of knob k, the settings whose value is that one or a later one."""
        values = space.knobs[k].values
        masks = [0] * len(values)
        rank = {value: position for position, value in enumerate(values)}
        for n, settings in enumerate(self.settings):
            masks[rank[settings.items[k][1]]] |= 1 << n
        for position in range(len(values) - 2, -1, -1):
            masks[position] |= masks[position + 1]
        return masks


def members(mask: int) -> list[int]:
    """Return the numbers in a bit set, ascending."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
