"""The need as a sum of what knobs cost, alone and together, told from settings and their needs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from memtune.cost.codes import Code, shapes
from memtune.cost.seen import LEAST_BYTES, LEAST_SD, Seen, alone
from memtune.cost.select import LEVEL, MOST_INFLUENCE, Floats, Term, columns, selected
from memtune.model import Role, Settings, Space
from memtune.model.bill import Range, Shape

_SWEEPS = 2
"""How often the shapes are gone through."""
LOOSE = (0.0, 3.0, 10.0, 40.0)
"""How much less sure what knobs cost together may be than the need as a whole: not at all, or as
where peaks meet by chance, which vary by per cents while what stays varies by tenths of them."""

Codes = Mapping[str, Code]


@dataclass(frozen=True)
class Data:
    """Settings with their needs, and how their errors compare."""

    seen: tuple[Seen, ...]
    together: Floats
    """How much of each need is beyond what its knobs cost alone, in bytes."""
    loose: float = 0.0
    """How much less sure that part is than the need as a whole."""
    certain: tuple[Term, ...] = ()
    """Terms that runs show which differ in nothing else."""

    @property
    def needs(self) -> Floats:
        """Return the needs in bytes."""
        return np.array([one.bytes for one in self.seen])

    @property
    def weights(self) -> Floats:
        """Return what makes errors alike: they count relative to the need, and to the part of it
        that is due to knobs together."""
        return 1 / np.hypot(self.needs, self.loose * self.together)

    def without(self, position: int) -> "Data":
        """Return the others."""
        rest = (*self.seen[:position], *self.seen[position + 1 :])
        return replace(self, seen=rest, together=np.delete(self.together, position))


@dataclass(frozen=True)
class Fit:
    """A need told from settings: base and terms, with how sure they are."""

    codes: Codes
    terms: tuple[Term, ...]
    coefficients: Floats
    covariance: Floats
    """Of the coefficients, in bytes squared."""
    sd: float
    """Standard deviation of settings around the fit, relative to their needs."""
    loose: float
    """As in Data."""
    freedom: int
    score: float
    """Akaike's corrected criterion: the less the better, among fits of the same data."""
    unlikely: float
    """Minus the logarithm of the likelihood of each settings, predicted from the others: the less
    the better, among fits of the same settings."""
    widened: float = 1.0
    """By how much intervals are wider than the fit alone says."""

    @property
    def reach(self) -> float:
        """Half of a 95 % interval, in standard deviations."""
        return float(stdtrit(max(self.freedom, 1), 0.975)) * self.widened

    def need(self, settings: Settings) -> Range:
        """Return what settings need, with the interval of a single run.

        Raises KeyError for a value that no run tells of.
        """
        value = float(self.row(settings) @ self.coefficients)
        need = self._range(value, self.spread(settings))
        return replace(need, low=max(need.low, 0.0))

    def spread(self, settings: Settings) -> float:
        """Return the standard deviation of one run around its prediction, in bytes."""
        row = self.row(settings)
        value = float(row @ self.coefficients)
        own = self.sd * math.hypot(value, self.loose * self.together(settings))
        return math.hypot(self._deviation(row), own)

    def amount(self, row: Floats) -> Range:
        """Return a sum of coefficients with its interval."""
        return self._range(float(row @ self.coefficients), self._deviation(row))

    def together(self, settings: Settings) -> float:
        """Return what settings need because knobs are turned together, in bytes."""
        rows = [self.row(settings, only=term) for term in self.terms if len(term) > 1]
        return float(sum(rows, np.zeros(1)) @ self.coefficients) if rows else 0.0

    def row(self, settings: Settings, only: Term | None = None) -> Floats:
        """Return what multiplies the coefficients: for all terms, or for one of them alone."""
        values = settings.as_dict()
        parts: list[list[float]] = [[1.0 if only is None else 0.0]]
        for term in self.terms:
            part = _product([self.codes[knob].of(values[knob]) for knob in term])
            parts.append(part if only is None or term == only else [0.0] * len(part))
        return np.concatenate(parts)

    def _deviation(self, row: Floats) -> float:
        return math.sqrt(max(float(row @ self.covariance @ row), 0))

    def _range(self, value: float, deviation: float) -> Range:
        reach = self.reach * deviation
        return Range(value, value - reach, value + reach)


def fitted(space: Space, start: Settings, seen: Sequence[Seen]) -> tuple[Fit, Data]:
    """Return the fit that tells most from the fewest terms, and the data as it weighed them.

    Terms are taken up while an F test finds them, at 5 % over all that were tried, and settings
    left out are predicted better with them. A knob begins with what its values cost alone, where
    that was seen, and takes the shape with the best criterion: noise of small costs alone would be
    multiplied where knobs cost much together. How errors compare is that under which
    settings left out are most likely.
    """
    codes = _codes(space, start, seen)
    certain: tuple[Term, ...] = tuple((knob,) for knob in clear(space, start, seen))
    data = Data(tuple(seen), np.array(_beyond_alone(start, seen)), certain=certain)
    weighed = [replace(data, loose=loose) for loose in LOOSE]
    tried = [(_best(codes, each), each) for each in weighed]
    return min(tried, key=lambda pair: pair[0].unlikely)


def refitted(fit: Fit, data: Data) -> Fit:
    """Return the fit of other data under the same shapes, its terms selected anew."""
    return solved(fit.codes, _selected(fit.codes, data), data)


def with_term(fit: Fit, term: Term, data: Data) -> Fit:
    """Return the fit with one more term, whether it costs anything or not."""
    if term in fit.terms:
        return fit
    return replace(solved(fit.codes, [*fit.terms, term], data), widened=fit.widened)


def clear(space: Space, start: Settings, seen: Sequence[Seen]) -> list[str]:
    """Return the knobs that cost something alone, as runs show which differ in nothing else; the
    risk of one too many is 5 % over all knobs."""
    risk = LEVEL / max(len(space.knobs), 1)
    found = []
    for knob in space.knobs:
        steps = [alone(start, knob.name, value, seen, risk) for value in knob.values]
        if any(step.is_beyond(LEAST_BYTES) for step in steps if step is not None):
            found.append(knob.name)
    return found


def solved(codes: Codes, terms: Sequence[Term], data: Data) -> Fit:
    """Return the fit of given terms by weighted least squares."""
    blocks = _blocks(codes, data.seen)
    weights, count = data.weights, len(data.seen)
    rows = np.hstack([np.ones((count, 1)), *(columns(blocks, term) for term in terms)])
    weighted, target = rows * weights[:, None], data.needs * weights
    inverse = np.asarray(np.linalg.pinv(weighted.T @ weighted, hermitian=True), np.float64)
    coefficients = inverse @ (weighted.T @ target)
    left = target - weighted @ coefficients
    taken = int(np.linalg.matrix_rank(weighted))
    squares = float(left @ left)
    freedom = count - taken
    sd = max(math.sqrt(squares / freedom) if freedom > 0 else 0.0, LEAST_SD)
    return Fit(
        codes=codes,
        terms=tuple(terms),
        coefficients=coefficients,
        covariance=inverse * sd**2,
        sd=sd,
        loose=data.loose,
        freedom=freedom,
        unlikely=_unlikely(weighted, inverse, left, weights),
        score=_criterion(squares, count, taken + 1),
    )


def _best(codes: Codes, data: Data) -> Fit:
    """Try every shape of each knob that costs something."""
    best = refitted(solved(codes, (), data), data)
    for _ in range(_SWEEPS):
        before = best
        for knob, code in codes.items():
            if not any(knob in term for term in best.terms):
                continue
            for shape in shapes(code):
                other = {**best.codes, knob: replace(code, shape=shape)}
                tried = solved(other, _selected(other, data), data)
                if tried.score < best.score:
                    best = tried
        if best is before:
            break
    return best


def _beyond_alone(start: Settings, seen: Sequence[Seen]) -> list[float]:
    """How much each settings needs beyond what its knobs cost alone, as far as that is known."""
    own = start.as_dict()
    base = next((one.bytes for one in seen if one.settings == start), min(s.bytes for s in seen))
    known = {
        (knob, value): alone(start, knob, value, seen)
        for knob, value in {pair for one in seen for pair in one.settings}
        if own[knob] != value
    }
    costs = {pair: cost.bytes for pair, cost in known.items() if cost is not None}
    return [one.bytes - base - sum(costs.get(pair, 0) for pair in one.settings) for one in seen]


def _codes(space: Space, start: Settings, seen: Sequence[Seen]) -> dict[str, Code]:
    """Each knob that was turned, in its simplest shape."""
    own = start.as_dict()
    codes = {}
    for knob in space.knobs:
        met = {one.settings.as_dict()[knob.name] for one in seen}
        values = tuple(value for value in knob.values if value in met or value == own[knob.name])
        if len(values) < 2:
            continue
        found = [alone(start, knob.name, value, seen) for value in values]
        told = [one for one in found if one is not None]
        whole = len(told) == len(values) > 2 and any(one.is_known for one in told)  # two: a line
        costs = tuple(one.bytes for one in told) if whole else ()
        ordered = knob.role is not Role.CATEGORY
        code = Code(values, own[knob.name], Shape.STEP, costs, ordered)
        codes[knob.name] = replace(code, shape=Shape.ALONE if costs else shapes(code)[0])
    return codes


def _blocks(codes: Codes, seen: Sequence[Seen]) -> dict[str, Floats]:
    values = [one.settings.as_dict() for one in seen]
    blocks = {}
    for name, code in codes.items():
        known = {value: code.of(value) for value in code.values}
        blocks[name] = np.array([known[each[name]] for each in values])
    return blocks


def _selected(codes: Codes, data: Data) -> list[Term]:
    """The terms that F tests find, but for those that no settings show to cost enough."""
    terms = selected(_blocks(codes, data.seen), data.needs, data.weights, data.certain)
    while slight := _slight(solved(codes, terms, data), data):
        terms = [term for term in terms if term not in slight]
    return terms


def _slight(fit: Fit, data: Data) -> list[Term]:
    """The terms that surely cost more than kernels' batches nowhere, and that no other needs."""
    blocks, found, end = _blocks(fit.codes, data.seen), [], 1
    for term in fit.terms:
        rows = columns(blocks, term)
        own = slice(end, end := end + rows.shape[1])
        amounts = rows @ fit.coefficients[own]
        spread = np.einsum("ij,jk,ik->i", rows, fit.covariance[own, own], rows)
        least = np.abs(amounts) - fit.reach * np.sqrt(spread.clip(0))
        needed = term in data.certain or any(set(term) < set(other) for other in fit.terms)
        if not needed and least.max() <= LEAST_BYTES:
            found.append(term)
    return found


def _product(codes: Sequence[Sequence[float]]) -> list[float]:
    """A term's part of a row, in the order of ``columns``."""
    product = [1.0]
    for code in codes:
        product = [a * b for a in product for b in code]
    return product


def _unlikely(rows: Floats, inverse: Floats, left: Floats, weights: Floats) -> float:
    """By PRESS, as the selection does, but told in the needs themselves."""
    influence = np.minimum(np.einsum("ij,jk,ik->i", rows, inverse, rows), MOST_INFLUENCE)
    squares = max(float(((left / (1 - influence)) ** 2).mean()), LEAST_SD**2)
    return len(left) / 2 * math.log(squares) - float(np.log(weights).sum())


def _criterion(squares: float, count: int, taken: int) -> float:
    """AICc; Hurvich, C. M. & Tsai, C.-L. (1989), Biometrika 76, 297-307."""
    if count - taken - 1 <= 0:
        return math.inf
    least = count * LEAST_SD**2
    penalty = 2 * taken + 2 * taken * (taken + 1) / (count - taken - 1)
    return count * math.log(max(squares, least) / count) + penalty
