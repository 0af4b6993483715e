"""A knob's values as numbers."""

import pytest

from memtune.cost.codes import Code, shapes
from memtune.model.bill import Shape

SIDES = (320, 640, 1280)


@pytest.mark.parametrize("shape", [Shape.LINEAR, Shape.SQUARE, Shape.DOUBLING, Shape.STEP])
def test_the_bills_own_value_is_zero_and_none_is_beyond_one(shape: Shape) -> None:
    code = Code((*SIDES, "unlimited"), 320, shape)

    assert not any(code.of(320))
    assert all(abs(column) <= 1 for value in code.values for column in code.of(value))


def test_shapes_follow_their_name() -> None:
    halves = {shape: Code(SIDES, 320, shape).of(640)[0] for shape in list(Shape)[:3]}

    assert halves[Shape.LINEAR] == pytest.approx(1 / 3)
    assert halves[Shape.SQUARE] == pytest.approx(3 / 15)
    assert halves[Shape.DOUBLING] == pytest.approx(1 / 2)


def test_a_word_has_a_step_of_its_own_beside_numbers() -> None:
    code = Code((*SIDES, "unlimited"), 320, Shape.LINEAR)

    assert code.of(1280) == [1.0, 0.0]
    assert code.of("unlimited") == [1.0, 1.0]


def test_numbers_between_are_told_and_others_are_refused() -> None:
    code = Code(SIDES, 320, Shape.LINEAR)

    assert code.of(800) == [0.5]
    assert not code.reaches(1600)
    with pytest.raises(KeyError):
        code.of(1600)
    assert not Code(SIDES, 320, Shape.STEP).reaches(800)


def test_what_each_value_costs_alone_is_a_shape_where_it_is_known() -> None:
    code = Code(("a", "b", "c"), "a", Shape.ALONE, alone=(0.0, 5.0, 20.0))

    assert shapes(code) == (Shape.ALONE, Shape.STEP)
    assert code.of("b") == [0.25]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, "unlimited"), (Shape.STEP,)),
        ((0, 1), (Shape.LINEAR,)),
        ((0, 1, 2), (Shape.LINEAR, Shape.SQUARE, Shape.STEP)),
        (("lean", "full"), (Shape.STEP,)),
    ],
)
def test_only_shapes_that_values_can_tell_apart_are_tried(
    values: tuple[int | str, ...], expected: tuple[Shape, ...]
) -> None:
    assert shapes(Code(values, values[0], Shape.STEP)) == expected
