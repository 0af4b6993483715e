"""The load asks what a service is asked, with photographs that exist and are accounted for."""

from collections.abc import Callable
from importlib.resources import files

from memtune.face.decode import decode
from memtune.face.load import LOGINS, Operation, login, phases

ReadPhoto = Callable[[str], bytes]

PHOTOS = files("memtune.face").joinpath("photos")
PICTURES = {each.name for each in PHOTOS.iterdir() if each.name.endswith((".jpg", ".png"))}


def test_c_is_refused_before_and_logs_in_after_being_registered() -> None:
    two, refusal, late, logins = phases(len(LOGINS))

    assert [(each.operation, each.person) for each in two] == [
        (Operation.REGISTER, "A"),
        (Operation.REGISTER, "B"),
    ]
    assert [(each.person, each.known) for each in refusal] == [("C", False)]
    assert [(each.operation, each.person) for each in late] == [(Operation.REGISTER, "C")]
    assert refusal[0].photo in {each.photo for each in logins if each.known}


def test_nobody_logs_in_with_the_photograph_they_were_registered_with() -> None:
    photos: dict[Operation, set[str]] = {Operation.REGISTER: set(), Operation.LOGIN: set()}
    for phase in phases(len(LOGINS)):
        for request in phase:
            photos[request.operation].add(request.photo)

    assert len(photos[Operation.REGISTER]) == 3
    assert photos[Operation.REGISTER].isdisjoint(photos[Operation.LOGIN])


def test_in_the_second_round_half_of_the_photographs_are_new_bytes_with_the_same_pixels() -> None:
    first = [login(number) for number in range(len(LOGINS))]
    second = [login(number) for number in range(len(LOGINS), 2 * len(LOGINS))]

    sent_again = [two for one, two in zip(first, second, strict=True) if two == one]
    new = next(each for each in second if each.photo == "b_mirrored.jpg")
    old = next(each for each in first if each.photo == "b_mirrored.jpg")
    assert len(sent_again) == len(LOGINS) // 2
    assert new.photograph() != old.photograph()
    assert (decode(new.photograph(), 64) == decode(old.photograph(), 64)).all()


def test_every_photograph_is_used_exists_and_has_its_provenance_told() -> None:
    used = {each.photo for phase in phases(len(LOGINS)) for each in phase}
    told = PHOTOS.joinpath("README.md").read_text()

    assert used == PICTURES
    assert [name for name in PICTURES if f"`{name}`" not in told] == []


def test_the_sizes_told_are_the_sizes_stored(photo: ReadPhoto) -> None:
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in PHOTOS.joinpath("README.md").read_text().splitlines()
        if line.startswith("| `")
    ]

    assert {row[0] for row in rows} == PICTURES
    for row in rows:
        width, height = next(cell for cell in row if " x " in cell).split(" x ")
        assert decode(photo(row[0]), None).shape == (int(height), int(width), 3)


def test_the_photographs_are_small_enough_to_be_committed() -> None:
    assert sum(len(PHOTOS.joinpath(name).read_bytes()) for name in PICTURES) < 4_000_000
