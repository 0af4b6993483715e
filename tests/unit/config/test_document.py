"""Hostile YAML: what is not plain, finite, unambiguous data ends in one ConfigError."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from memtune.config.document import MAX_BYTES, MAX_DEPTH, read
from memtune.errors import ConfigError, ExitCode, Place


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(path)
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workload.yaml"


def test_plain_data_comes_with_the_line_of_every_key_and_item(file: Path) -> None:
    file.write_text(
        "# a comment\n"
        "name: demo\n"
        "space:\n"
        "  heap:\n"
        "    values: [128, 0.5, unlimited]\n"
        "command:\n"
        "- python\n"
        "- '0512'\n"
    )

    document = read(file)

    assert document.data == {
        "name": "demo",
        "space": {"heap": {"values": [128, 0.5, "unlimited"]}},
        "command": ["python", "0512"],
    }
    assert document.place(("space", "heap", "values")) == Place(str(file), 5, "space.heap.values")
    assert document.place(("command", 1)) == Place(str(file), 8, "command.1")


def test_what_does_not_stand_in_the_file_is_placed_at_what_encloses_it(file: Path) -> None:
    file.write_text("name: demo\nspace:\n  heap: {}\n")

    document = read(file)

    assert document.place(("space", "heap", "values")).line == 3
    assert document.place(("version",)) == Place(str(file), 1, "version")
    assert document.place(()) == Place(str(file), 1, None)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("1_000", 1000),
        ("0x10", 16),
        ("0.25", 0.25),
        ("1.5e+3", 1500.0),
        ("1e5", "1e5"),
        ("'no'", "no"),
        ("'1:30'", "1:30"),
        ("'2024-01-01'", "2024-01-01"),
        ("'.inf'", ".inf"),
        ("host", "host"),
        ("é😀", "é😀"),
        ("", None),
        ("~", None),
    ],
)
def test_values_mean_what_they_look_like(
    file: Path, written: str, value: int | float | str | None
) -> None:
    file.write_text(f"key: {written}\n")

    read_value = read(file).data["key"]

    assert (read_value, type(read_value)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "complaint", "hint"),
    [
        ("0512", "0512 would be read as the octal number 330", "leading zero"),
        ("-017", "-017 would be read as the octal number -15", "leading zero"),
        ("1:30", "1:30 would be read as the number 90, in base 60", "quote"),
        ("1:30.5", "would be read as the number 90.5, in base 60", "quote"),
        ("no", "'no' is read as False", "quote"),
        ("Yes", "'Yes' is read as True", "quote"),
        ("on", "'on' is read as True", "quote"),
        ("True", "'True' is read as True", "quote"),
        (".inf", ".inf is not a finite number", ""),
        ("-.INF", "-.INF is not a finite number", ""),
        (".nan", ".nan is not a finite number", ""),
        ("1.0e+999", "1.0e+999 is not a finite number", ""),
        ("9" * 30, "is too large a number", ""),
        ("9" * 400 + ".5", "is not a finite number", ""),
        ("1.0e+30", "1.0e+30 is too large a number", ""),
        ("9" * 5000, "cannot be read as a value", ""),
        ("2024-01-01", "'2024-01-01' is read as a date", "quote"),
        ("2024-01-01 10:00:00", "is read as a datetime", "quote"),
        ("2024-13-45", "'2024-13-45' cannot be read as a value", ""),
        ("0b_", "'0b_' cannot be read as a value", ""),
        ("=", "'=' cannot be read as a value", ""),
        ("<<", "'<<' cannot be read as a value", ""),
        ('"\\0"', "holds characters that are not text", ""),
        ('"a\\ud800b"', "holds characters that are not text", ""),
    ],
)
def test_values_that_yaml_misreads_are_refused_at_their_key(
    file: Path, written: str, complaint: str, hint: str
) -> None:
    file.write_text(f"name: demo\nouter:\n  key: {written}\n")

    error = refusal(file)

    assert complaint in error.message
    assert hint in error.hint
    assert error.where == Place(str(file), 3, "outer.key")
    assert len(error.message) < 200


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("a: 1\nb: &x 5\n", 2, "anchors and aliases are not allowed"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases are not allowed"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 1, "anchors and aliases are not allowed"),
        ("a: 1\n<<: {b: 1}\n", 2, "a key must be a plain word"),
        ("a: 1\n? [b]\n: c\n", 2, "a key must be a plain word"),
        ("a: 1\n? {b: c}\n: d\n", 2, "a key must be a plain word"),
        ('a: 1\n"b\\0": 2\n', 2, "a key must be a plain word"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags such as !!python/object"),
        ("a: 1\nb: !!python/name:os.system\n", 2, "tags such as !!python/name"),
        ("a: 1\nb: !!binary aGk=\n", 2, "tags such as !!binary"),
        ("a: 1\nb: !!int ''\n", 2, "tags such as !!int"),
        ("a: 1\nb: !!bool maybe\n", 2, "tags such as !!bool"),
        ("a: 1\nb: !!timestamp never\n", 2, "tags such as !!timestamp"),
        ("a: 1\nb: !!set {x, y}\n", 2, "tags such as !!set"),
        ("a: 1\nb: !mine 5\n", 2, "tags such as !mine"),
        ("a: 1\n!!str b: 5\n", 2, "tags such as !!str"),
        ("!!omap {a: 1}\n", 1, "tags such as !!omap"),
        ("a: 1\nb:\n\t- c\n", 3, "not valid YAML"),
        ("a: 1\nb: [1, 2\n", 3, "not valid YAML"),
        ("a: 1\nb: 'open\n", 3, "not valid YAML"),
        ("a: 1\n b: 2\n", 2, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("a: 1\nb: \0\n", 2, "the character '\\x00' is not allowed"),
        ("a: 1\nb: \x07\n", 2, "the character '\\x07' is not allowed"),
        ("%YAML 9.9\n---\na: 1\n", 1, "not valid YAML"),
        ("- a\n- b\n", 1, "the top level is not a mapping of keys"),
        ("just text\n", 1, "the top level is not a mapping of keys"),
        ("", 1, "the top level is not a mapping of keys"),
        ("# only a comment\n", 1, "the top level is not a mapping of keys"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_at_its_line(
    file: Path, text: str, line: int, complaint: str
) -> None:
    file.write_text(text)

    error = refusal(file)

    assert complaint in error.message
    assert error.where is not None
    assert (error.where.file, error.where.line) == (str(file), line)
    assert error.exit_code is ExitCode.USAGE
    assert "\n" not in error.message


def test_tabs_are_answered_with_spaces(file: Path) -> None:
    file.write_text("a:\n\tb: 1\n")

    assert refusal(file).hint == "indent with spaces, not tabs"


@pytest.mark.parametrize(
    ("text", "first", "second", "key"),
    [
        ("a: 1\nb: 2\na: 3\n", 1, 3, "a"),
        ("outer:\n  a: 1\n\n  'a': 1\n", 2, 4, "outer.a"),
        ("list:\n- a: 1\n- b: 1\n  b: 2\n", 3, 4, "list.1.b"),
        ("1: x\n'1': y\n", 1, 2, "1"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_both_lines(
    file: Path, text: str, first: int, second: int, key: str
) -> None:
    file.write_text(text)

    error = refusal(file)

    assert "stands twice" in error.message
    assert error.where == Place(str(file), second, key)
    assert f"first in line {first}" in error.hint


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_before_anything_recurses(file: Path, opening: str) -> None:
    file.write_text("a: 1\nb:\n  " + opening * 500)

    error = refusal(file)

    assert error.message == f"nested deeper than {MAX_DEPTH}"
    assert error.where == Place(str(file), 3)


def test_nesting_as_deep_as_allowed_is_read(file: Path) -> None:
    depth = MAX_DEPTH - 1  # the top level is one
    file.write_text("a: " + "[" * depth + "]" * depth)

    assert read(file).data["a"] != []


def test_a_file_that_is_no_utf_8_is_refused_at_its_line(file: Path) -> None:
    file.write_bytes(b"name: demo\ndescription: caf\xe9\n")

    error = refusal(file)

    assert error.message == "not UTF-8 text"
    assert error.where == Place(str(file), 2)


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfname: demo\n")

    assert read(file).data == {"name": "demo"}


def test_a_large_file_is_refused_without_being_read(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(64 * 1024**3)  # no machine reads this into memory

    error = refusal(file)

    assert error.message == f"larger than {MAX_BYTES // 1024} KiB"


def test_the_largest_file_is_read_in_seconds(file: Path) -> None:
    file.write_text(f"values: [{'1, ' * 20000}1]\n")
    begun = time.monotonic()

    assert len(read(file).data["values"]) == 20001

    assert time.monotonic() - begun < 30  # seconds; about 3 on a slow machine


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("absent.yaml", "No such file"), (".", "Is a directory"), ("file.yaml/x", "Not a directory")],
)
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "file.yaml").write_text("a: 1")

    error = refusal(tmp_path / name)

    assert complaint in error.message
    assert error.where == Place(str(tmp_path / name))
    assert error.hint == "check the path"


SEED = """\
version: 1
name: demo
image: host
command: [python, -m, 'demo']
timeout: 90s
checks: {headroom: 20%, output: {rate: {min: 0.5}}}
space:
  heap:
    values: [128, 256, unlimited]
    env: {HEAP: "{value}m"}
"""
FRAGMENTS = [
    *"\t\n\r:-[]{}?!&*%@`'\"|>#,~=\\",
    ": ",
    "- ",
    "<<: ",
    "!!int ",
    "!!python/object:x ",
    "&a ",
    "*a",
    "0o7",
    "1:2",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "---\n",
    "...\n",
    "%TAG ! x\n",
    '"\\x00"',
    '"\\ud800"',
    ".nan",
    "2024-01-01",
]


def mutated(chance: random.Random) -> bytes:
    text = SEED
    for _ in range(chance.randint(1, 6)):
        at, to = sorted(chance.choices(range(len(text) + 1), k=2))
        text = text[:at] + chance.choice(FRAGMENTS) + text[at if chance.random() < 0.7 else to :]
    return text.encode("utf-8", "surrogatepass")


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(0, 60))


def punctuation(chance: random.Random) -> bytes:
    return "".join(chance.choices([*FRAGMENTS, "a", "1", "\n  "], k=chance.randint(1, 25))).encode()


def refused(file: Path) -> bool:
    try:
        read(file)
    except ConfigError as error:
        return bool(error.message) and error.where is not None
    return False


@pytest.mark.parametrize("make", [mutated, noise, punctuation])
def test_nothing_but_a_config_error_ever_comes_out(
    file: Path, make: Callable[[random.Random], bytes]
) -> None:
    chance = random.Random(20)
    count = 0
    for _ in range(250):
        raw = make(chance)
        file.write_bytes(raw)
        try:
            count += refused(file)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} from {raw!r}") from error

    assert count > 100
