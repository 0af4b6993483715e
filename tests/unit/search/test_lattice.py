"""The order of a space as bit sets."""

from itertools import product

import pytest

from memtune.errors import UsageError
from memtune.model import Knob, Settings, Space
from memtune.search.lattice import MAX_SIZE, Lattice, members


def space(*sizes: int) -> Space:
    return Space(tuple(Knob(f"k{n}", tuple(range(size))) for n, size in enumerate(sizes)))


def test_settings_are_numbered_from_the_conservative_end_in_order_of_priority() -> None:
    lattice = Lattice(
        Space((Knob("heap", (128, 256)), Knob("engine", ("lean", "full")))),
    )

    assert [str(settings) for settings in lattice.settings] == [
        "heap=128 engine=lean",
        "heap=128 engine=full",
        "heap=256 engine=lean",
        "heap=256 engine=full",
    ]
    assert lattice.number(Settings.of({"heap": 256, "engine": "lean"})) == 2


@pytest.mark.parametrize("sizes", [(1,), (4,), (2, 3), (3, 1, 2), (2, 2, 2, 2)])
def test_up_and_down_hold_what_is_more_and_less_generous_in_every_knob(
    sizes: tuple[int, ...],
) -> None:
    lattice = Lattice(space(*sizes))
    points = list(product(*(range(size) for size in sizes)))

    for n, here in enumerate(points):
        above = [
            m
            for m, other in enumerate(points)
            if all(a >= b for a, b in zip(other, here, strict=True))
        ]
        below = [
            m
            for m, other in enumerate(points)
            if all(a <= b for a, b in zip(other, here, strict=True))
        ]
        assert members(lattice.up[n]) == above
        assert members(lattice.down[n]) == below


def test_settings_are_compared_and_moved_knob_by_knob() -> None:
    lattice = Lattice(space(2, 3))  # 00 01 02 10 11 12

    assert lattice.differing(0, 5) == [0, 1]
    assert lattice.differing(1, 4) == [0]
    assert (lattice.moved(0, 5, 0), lattice.moved(0, 5, 1)) == (3, 2)
    assert members(lattice.alike(4, [1])) == [1, 4]
    assert members(lattice.alike(4, [])) == [0, 1, 2, 3, 4, 5]


def test_a_space_without_knobs_holds_one_settings() -> None:
    lattice = Lattice(Space(()))

    assert lattice.settings == [Settings(())]
    assert (lattice.up, lattice.down) == ([1], [1])


def test_settings_of_another_space_are_not_found() -> None:
    with pytest.raises(KeyError):
        Lattice(space(2)).number(Settings.of({"other": 0}))


def test_a_space_too_large_to_search_is_refused_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        Lattice(space(*[64] * 6))

    assert str(MAX_SIZE) in caught.value.message
    assert caught.value.hint == "give the knobs fewer values"


@pytest.mark.parametrize("mask", [0, 1, 0b1010, 1 << 5000 | 1])
def test_members_are_the_numbers_in_a_bit_set(mask: int) -> None:
    assert sum(1 << n for n in members(mask)) == mask
    assert members(mask) == sorted(members(mask))
