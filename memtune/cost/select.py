"""Which knobs cost something, alone or together: F tests take terms up and drop them again."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from memtune.cost.seen import LEAST_SD

LEVEL = 0.05
"""How likely a step takes up what costs nothing: over all that it tries."""
UNLIKELY = 0.0001
"""The same for knobs that cost nothing alone."""
ORDER = 3
"""How many knobs may cost something together."""

MOST_INFLUENCE = 0.95
"""Of one settings on its own prediction: beyond, rounding errors would count."""

Floats = NDArray[np.float64]
Term = tuple[str, ...]
"""Knobs that cost something together; one of them for what it costs alone."""


def selected(
    blocks: Mapping[str, Floats], target: Floats, weights: Floats, certain: Sequence[Term]
) -> list[Term]:
    """Begin with the certain terms, take up the surest one again and again, then drop what others
    have made needless.

    ``blocks`` are the columns of each knob, ``target`` the needs; weighted, errors count alike.
    """
    weighed = {
        term: columns(blocks, term) * weights[:, None]
        for size in range(1, ORDER + 1)
        for term in combinations(blocks, size)
    }
    several = np.sum([block.any(axis=1) for block in blocks.values()], axis=0) > 1
    terms = list(certain)
    basis = (weights / np.linalg.norm(weights))[:, None]
    for term in terms:
        basis = np.hstack([basis, _beyond(weighed[term], basis)])
    left = target * weights
    left = left - basis @ (basis.T @ left)
    while left @ left > len(left) * LEAST_SD**2:
        found = _surest(weighed, terms, list(blocks), basis, left, several)
        if not found:
            break
        for term in parts(found):
            if term not in terms:
                terms.append(term)
                basis = np.hstack([basis, _beyond(weighed[term], basis)])
        left = left - basis @ (basis.T @ left)
    return _pruned(terms, certain, weighed, target, weights, several)


def _surest(
    weighed: Mapping[Term, Floats],
    terms: Sequence[Term],
    knobs: Sequence[str],
    basis: Floats,
    left: Floats,
    several: NDArray[np.bool_],
) -> Term:
    """The term that is least likely by chance, if its settings tell of each other; else none."""
    before = _left_out(basis, left)
    for candidates, level in _candidates(knobs, terms):
        columns_of = {
            term: np.hstack([weighed[part] for part in parts(term)]) for term in candidates
        }
        tests = sorted(
            (*_test(term, columns_of[term], basis, left, several), term) for term in candidates
        )
        for chance, _, term in tests:
            if chance * len(candidates) > level:
                break
            if _left_out(np.hstack([basis, _beyond(columns_of[term], basis)]), left) < before:
                return term
    return ()


def _left_out(basis: Floats, left: Floats) -> float:
    """The squared errors of settings predicted from all others (PRESS; Allen 1974, Technometrics
    16, 125-127): a term that one settings alone tells of explains that one and no other."""
    influence = np.minimum((basis**2).sum(axis=1), MOST_INFLUENCE)
    errors = (left - basis @ (basis.T @ left)) / (1 - influence)
    return float(errors @ errors)


def _pruned(
    terms: list[Term],
    certain: Sequence[Term],
    weighed: Mapping[Term, Floats],
    target: Floats,
    weights: Floats,
    several: NDArray[np.bool_],
) -> list[Term]:
    """Drop terms that the later ones have made needless, the least certain first."""
    while True:
        doubts = []
        for term in terms:
            if term in certain or any(set(term) < set(other) for other in terms):
                continue
            others = [weighed[other] for other in terms if other != term]
            basis = np.linalg.qr(np.hstack([weights[:, None], *others]))[0]
            left = target * weights
            left = left - basis @ (basis.T @ left)
            doubts.append((_test(term, weighed[term], basis, left, several)[0], term))
        doubt, needless = max(doubts, default=(0.0, ()))
        if doubt <= LEVEL:
            return terms
        terms = [term for term in terms if term != needless]


def _candidates(knobs: Sequence[str], terms: Sequence[Term]) -> Iterator[tuple[list[Term], float]]:
    """What may be taken up, and how likely by mistake. Knobs that each cost something alone come
    before the others: what looks like a cost of other knobs together is more often theirs."""
    fresh = [
        term
        for size in range(1, ORDER + 1)
        for term in combinations(knobs, size)
        if term not in terms
    ]
    yield [term for term in fresh if all((knob,) in terms for knob in term)], LEVEL
    alone = [sum((knob,) in terms for knob in term) for term in fresh]
    unlikely = [term for term, known in zip(fresh, alone, strict=True) if known >= len(term) - 1]
    yield unlikely, UNLIKELY


def parts(term: Term) -> list[Term]:
    """Return a term and all smaller ones of its knobs: where some cost something together, each
    may do so alone; otherwise it would depend on which settings the bill counts from."""
    return [part for size in range(1, len(term) + 1) for part in combinations(term, size)]


def _test(
    term: Term, new: Floats, basis: Floats, left: Floats, several: NDArray[np.bool_]
) -> tuple[float, float]:
    """How likely columns explain so much by chance, and minus the F value, which breaks ties.

    What knobs cost together is held against settings with several knobs turned, and no others:
    those with one turned hardly vary, and would make everything look certain.
    """
    fresh = _directions(new, basis)
    telling = several if len(term) > 1 else np.ones(len(left), bool)
    spent = float((basis[telling] ** 2).sum())  # of the freedom of these settings
    freedom = telling.sum() - spent - fresh.shape[1]
    if not fresh.shape[1] or freedom < 1:
        return 1.0, 0.0
    gain = float(((fresh.T @ left) ** 2).sum())
    rest = float((left[telling] ** 2).sum()) - gain
    rest = max(rest, len(left) * LEAST_SD**2 / 100)
    value = gain / fresh.shape[1] / (rest / freedom)
    return float(fdtrc(fresh.shape[1], freedom, value)), -value


def _beyond(new: Floats, basis: Floats) -> Floats:
    """An orthonormal basis of what columns add to another; empty where they add nothing."""
    kept = _directions(new, basis)
    # Once more, for what rounding has left: https://doi.org/10.1007/s00211-005-0615-4
    return np.linalg.qr(kept - basis @ (basis.T @ kept))[0] if kept.shape[1] else kept


def _directions(new: Floats, basis: Floats) -> Floats:
    directions, sizes = np.linalg.qr(new - basis @ (basis.T @ new))
    return directions[:, np.abs(np.diag(sizes)) > 1e-6 * np.linalg.norm(new)]


def columns(blocks: Mapping[str, Floats], term: Term) -> Floats:
    """Return the columns of a term: the products of those of its knobs."""
    product = blocks[term[0]]
    for knob in term[1:]:
        other = blocks[knob]
        product = (product[:, :, None] * other[:, None, :]).reshape(len(product), -1)
    return product
