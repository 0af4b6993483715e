"""Workload files and profiles: what they become, and what is said when they are wrong."""

import random
from pathlib import Path
from typing import Any

import pytest

from memtune.config.catalogue import load_profile, load_workload, settings_for
from memtune.config.names import profile_names
from memtune.errors import ConfigError, ExitCode, MemtuneError, UsageError
from memtune.model import (
    Bound,
    Checks,
    Image,
    ImageKind,
    Kind,
    Knob,
    Program,
    Settings,
    Space,
    Workload,
)

MIB = 1024 * 1024
MINIMAL = "version: 1\nname: demo\nkind: pipeline\nimage: host\ncommand: [python, -m, demo]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workload.yaml"


def loaded(file: Path, text: str) -> Workload:
    file.write_text(text)
    return load_workload(str(file))


def refusal(file: Path, text: str) -> ConfigError:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_workload(str(file))
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.where is not None
    assert caught.value.where.file == str(file)
    return caught.value


def test_a_minimal_workload_has_the_documented_defaults(file: Path) -> None:
    assert loaded(file, MINIMAL) == Workload(
        name="demo",
        kind=Kind.PIPELINE,
        programs=(Program(Image(ImageKind.HOST), ("python", "-m", "demo")),),
        directory=str(file.parent),
        file=str(file),
        timeout_s=300.0,
        checks=Checks(exit_status=0, headroom=None, output=()),
        space=Space(()),
        default_cap_bytes=None,
    )


def test_a_full_workload_becomes_what_it_says(file: Path) -> None:
    workload = loaded(
        file,
        """\
version: 1
name: demo-2
description: Does things.
kind: pipeline
image: python:3.11
command: [python, -m, demo]
env: {MODE: fast, LEVEL: 3, RATIO: 0.5}
timeout: 1.5m
cap: 512MiB
checks:
  exit_status: 3
  headroom: 20%
  output:
    faces: {min: 5}
    error_rate: {min: 0, max: 0.01}
space:
  heap:
    values: [128, 256, unlimited]
    env: HEAP
    args: --heap={value}
    unset: unlimited
    factor: 1024
  threads:
    values: [1, 2]
    env: [OMP_NUM_THREADS, MKL_NUM_THREADS]
  cache:
    values: [0.5, 1]
    env: {CACHE: "{value}GB"}
    search: [1]
""",
    )

    assert workload == Workload(
        name="demo-2",
        description="Does things.",
        kind=Kind.PIPELINE,
        programs=(
            Program(
                Image(ImageKind.NAME, "python:3.11"),
                ("python", "-m", "demo"),
                env=(("MODE", "fast"), ("LEVEL", "3"), ("RATIO", "0.5")),
            ),
        ),
        directory=str(file.parent),
        file=str(file),
        timeout_s=90.0,
        default_cap_bytes=512 * MIB,
        checks=Checks(3, 0.2, (Bound("faces", min=5), Bound("error_rate", min=0, max=0.01))),
        space=Space(
            (
                Knob(
                    "heap",
                    (128, 256, "unlimited"),
                    env=(("HEAP", "{value}"),),
                    args=("--heap={value}",),
                    unset="unlimited",
                    factor=1024,
                    searched=(128, 256, "unlimited"),
                ),
                Knob(
                    "threads",
                    (1, 2),
                    env=(("OMP_NUM_THREADS", "{value}"), ("MKL_NUM_THREADS", "{value}")),
                    searched=(1, 2),
                ),
                Knob("cache", (0.5, 1), env=(("CACHE", "{value}GB"),), searched=(1,)),
            )
        ),
    )


def test_a_directory_to_build_is_relative_to_the_file(file: Path) -> None:
    workload = loaded(file, MINIMAL.replace("image: host", "build: docker"))

    assert workload.programs[0].image == Image(ImageKind.BUILD, str(file.parent / "docker"))


@pytest.mark.parametrize("written", ["20%", "'20 %'", "0.2", "'0.2'"])
def test_headroom_is_a_percentage_or_a_share(file: Path, written: str) -> None:
    assert loaded(file, MINIMAL + f"checks: {{headroom: {written}}}\n").checks.headroom == 0.2


@pytest.mark.parametrize(
    ("added", "line", "key", "hint"),
    [
        ("imag: host\n", 6, "imag", "did you mean 'image'?"),
        ("knobs: {}\n", 6, "knobs", "known: build, cap, checks, command"),
        ("checks:\n  head_room: 20%\n", 7, "checks.head_room", "did you mean 'headroom'?"),
        ("checks:\n  output:\n    a: {mni: 1}\n", 8, "checks.output.a.mni", "did you mean 'min'?"),
        ("space:\n  heap:\n    vals: [1]\n", 8, "space.heap.vals", "did you mean 'values'?"),
        ("space:\n  env:\n    unste: 1\n", 8, "space.env.unste", "did you mean 'unset'?"),
        ("space:\n  heap:\n    image: x\n", 8, "space.heap.image", "known: args, env, factor"),
    ],
)
def test_an_unknown_key_is_answered_with_those_of_its_level(
    file: Path, added: str, line: int, key: str, hint: str
) -> None:
    error = refusal(file, MINIMAL + added)

    assert error.message.startswith(f"unknown key '{key.split('.')[-1]}'")
    assert error.where is not None
    assert (error.where.line, error.where.key) == (line, key)
    assert error.hint.startswith(hint)


@pytest.mark.parametrize("key", ["version", "name", "kind", "command"])
def test_a_missing_key_is_named(file: Path, key: str) -> None:
    lines = [line for line in MINIMAL.splitlines() if not line.startswith(key)]

    error = refusal(file, "\n".join(lines))

    assert error.message == f"the key '{key}' is missing"
    assert error.where is not None
    assert error.where.key == key


def test_a_missing_key_of_a_part_is_placed_at_the_part(file: Path) -> None:
    error = refusal(file, MINIMAL + "space:\n  heap:\n    env: HEAP\n")

    assert error.message == "the key 'values' is missing"
    assert error.where is not None
    assert (error.where.line, error.where.key) == (7, "space.heap.values")


@pytest.mark.parametrize("replacement", ["", "image: host\nbuild: .\n"])
def test_exactly_one_of_image_and_build_is_needed(file: Path, replacement: str) -> None:
    error = refusal(file, MINIMAL.replace("image: host\n", replacement))

    assert error.message == "exactly one of 'image' and 'build' is needed"
    assert "image: host" in error.hint


@pytest.mark.parametrize(
    ("added", "key", "complaint", "hint"),
    [
        ("cap: 512\n", "cap", "'512' is not a size: the unit is missing", "write 512MiB"),
        ("cap: 0.5\n", "cap", "'0.5' is not a size: the unit is missing", "write 0.5MiB"),
        ("cap: 512 Mebi\n", "cap", "unknown unit 'Mebi'", "MiB"),
        ("cap: 0B\n", "cap", "'0B' is not a usable size", "1B"),
        ("cap: 'a; b'\n", "cap", "'a; b' is not a size", "512MiB"),
        ("cap: [512MiB]\n", "cap", "a number with its unit is needed", ""),
        ("timeout: 30\n", "timeout", "'30' is not a duration", "90s"),
        ("timeout: 0s\n", "timeout", "'0s' is not a duration above zero", "90s"),
        ("timeout: {s: 5}\n", "timeout", "a number with its unit is needed", ""),
        ("description:\n", "description", "the key has no value", ""),
        ("description: [a]\n", "description", "should be a valid string", ""),
        ("env: [A]\n", "env", "should be a valid dictionary", ""),
        ("env: {A-B: x}\n", "env.A-B", "should match pattern", ""),
        ("env: {A: [1]}\n", "env.A", "a number or a word is needed, not [1]", ""),
        ("env: {A: }\n", "env.A", "the key has no value", ""),
        ("checks: 5\n", "checks", "should be a valid dictionary", ""),
        ("checks: {headroom: 20}\n", "checks.headroom", "'20' is not a share", "20%"),
        ("checks: {headroom: 100%}\n", "checks.headroom", "'100%' is not a share", "20%"),
        ("checks: {exit_status: 256}\n", "checks.exit_status", "less than or equal to 255", ""),
        ("checks: {exit_status: '0'}\n", "checks.exit_status", "a valid integer, not '0'", ""),
        ("checks: {exit_status: 0.0}\n", "checks.exit_status", "a valid integer, not 0.0", ""),
        ("checks: {output: [a]}\n", "checks.output", "should be a valid dictionary", ""),
        ("checks: {output: {a: 5}}\n", "checks.output.a", "should be a valid dictionary", ""),
        ("checks: {output: {a: {}}}\n", "checks.output.a", "neither min nor max", "min: 1"),
        ("checks: {output: {a: {min: x}}}\n", "checks.output.a.min", "a number is needed", ""),
        (
            "checks: {output: {a: {min: 2, max: 1}}}\n",
            "checks.output.a",
            "nothing is at least 2 and at most 1",
            "",
        ),
        ("space: [heap]\n", "space", "should be a valid dictionary", ""),
        ("space: {heap: [1, 2]}\n", "space.heap", "should be a valid dictionary", ""),
        ("space: {h: {values: 5, env: H}}\n", "space.h.values", "should be a valid list", ""),
        ("space: {h: {values: [], env: H}}\n", "space.h.values", "at least 1 item", ""),
        ("space: {h: {values: [1, 1], env: H}}\n", "space.h.values", "value 1 stands twice", ""),
        ("space: {h: {values: [1, 1.0], env: H}}\n", "space.h.values", "1.0 stands twice", ""),
        ("space: {h: {values: [1, '1'], env: H}}\n", "space.h.values", "'1' stands twice", ""),
        (
            "space: {h: {values: [1, [2]], env: H}}\n",
            "space.h.values.1",
            "a number or a word is needed, not [2]",
            "",
        ),
        ("space: {h: {values: [1], env: 5}}\n", "space.h.env", "a variable's name is needed", ""),
        ("space: {h: {values: [1], env: [5]}}\n", "space.h.env", "a variable's name", ""),
        ("space: {h: {values: [1], env: A B}}\n", "space.h.env", "should match pattern", ""),
        ("space: {h: {values: [1], args: 5}}\n", "space.h.args", "should be a valid list", ""),
        ("space: {h: {values: [1], args: [5]}}\n", "space.h.args.0", "valid string, not 5", ""),
        ("space: {h: {values: [1, 2]}}\n", "space.h", "the knob 'h' reaches nothing", "env:"),
        (
            "space: {h: {values: [1, 2], env: []}}\n",
            "space.h",
            "the knob 'h' reaches nothing",
            "env:",
        ),
        (
            "space: {h: {values: [1, 2], args: --lean}}\n",
            "space.h",
            "the values of the knob 'h' make no difference",
            "{value}",
        ),
        (
            "space: {h: {values: [1, 2], env: H, unset: 3}}\n",
            "space.h.unset",
            "unset: 3 is none of the knob's values",
            "1, 2",
        ),
        (
            "space: {h: {values: [1, 2], env: H, factor: 0}}\n",
            "space.h.factor",
            "greater than or equal to 1",
            "",
        ),
    ],
)
def test_a_wrong_value_is_refused_at_its_key(
    file: Path, added: str, key: str, complaint: str, hint: str
) -> None:
    error = refusal(file, MINIMAL + added)

    assert complaint in error.message
    assert error.where is not None
    assert (error.where.line, error.where.key) == (6, key)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("old", "new", "key", "complaint"),
    [
        ("version: 1", "version: 2", "version", "should be 1, not 2"),
        ("version: 1", "version: '1'", "version", "should be 1, not '1'"),
        ("name: demo", "name: My Demo", "name", "should match pattern"),
        ("name: demo", "name: demo;rm", "name", "should match pattern"),
        ("name: demo", f"name: {'x' * 65}", "name", "at most 64 characters"),
        ("kind: pipeline", "kind: sevice", "kind", "should be 'pipeline' or 'service'"),
        ("command: [python, -m, demo]", "command: python -m demo", "command", "a valid list"),
        ("command: [python, -m, demo]", "command: []", "command", "at least 1 item"),
        ("command: [python, -m, demo]", "command: [python, 5]", "command.1", "valid string, not 5"),
    ],
)
def test_a_wrong_value_of_a_needed_key_is_refused(
    file: Path, old: str, new: str, key: str, complaint: str
) -> None:
    error = refusal(file, MINIMAL.replace(old, new))

    assert complaint in error.message
    assert error.where is not None
    assert error.where.key == key


def test_of_several_mistakes_the_first_is_told_and_the_others_counted(file: Path) -> None:
    error = refusal(
        file, MINIMAL + "timeout: 5\ncap: 5\nspace: {h: {values: [[1], [2]], env: H}}\n"
    )

    assert error.message == "'5' is not a duration above zero and up to 1000h (and 3 more)"
    assert error.where is not None
    assert error.where.line == 6


def test_a_mistyped_key_is_told_before_the_missing_one(file: Path) -> None:
    error = refusal(file, MINIMAL.replace("command:", "comand:"))

    assert error.message == "unknown key 'comand' (and 1 more)"
    assert error.hint == "did you mean 'command'?"


def test_a_knob_may_be_a_switch(file: Path) -> None:
    knob = "space: {lean: {values: ['on', 'off'], args: --lean, unset: 'off'}}\n"

    workload = loaded(file, MINIMAL + knob)

    assert workload.space.knobs[0].args == ("--lean",)


def test_a_file_is_found_below_the_working_directory(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(MINIMAL)
    monkeypatch.chdir(file.parent)

    assert load_workload("workload.yaml").directory == str(file.parent)


@pytest.mark.parametrize(
    ("name", "hint"), [("fase", "did you mean 'face'?"), ("", "or give the path of a workload")]
)
def test_an_unknown_workload_is_a_usage_error(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_workload(name)

    assert caught.value.message == f"there is no workload {name!r}"
    assert hint in caught.value.hint


def test_the_built_in_workload_is_valid() -> None:
    workload = load_workload("face")

    assert workload.name == "face"
    assert workload.space.size > 1


VALUES: list[Any] = [
    "[]",
    "{}",
    "5",
    "-1",
    "0.5",
    "''",
    "no",
    "~",
    "[[]]",
    "{a: 1}",
    "[1, a]",
    "x",
    "[{a: [b]}]",
    "{values: [1], env: A}",
    "'{value}'",
    "1:2",
    "99999999999999999999",
    "{min: 1}",
    "{output: {outcome: {min: 1}}}",
]
KEYS = [
    "version",
    "name",
    "kind",
    "image",
    "build",
    "command",
    "env",
    "timeout",
    "cap",
    "checks",
    "space",
    "description",
    "space.a",
    "space.a.values",
    "space.a.env",
    "space.a.args",
    "space.a.unset",
    "space.a.factor",
    "checks.output",
    "checks.output.b",
    "checks.output.b.min",
    "checks.headroom",
    "checks.exit_status",
]


def nested(path: str, value: str) -> str:
    *outer, last = path.split(".")
    opening = "".join(f"{key}: {{" for key in outer)
    return f"{opening}{last}: {value}{'}' * len(outer)}"


def test_no_shape_of_data_gets_past_the_schema_as_anything_but_a_message(file: Path) -> None:
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        changed = {key.split(".")[0]: key for key in chance.sample(KEYS, chance.randint(1, 4))}
        kept = [line for line in MINIMAL.splitlines() if line.split(":")[0] not in changed]
        text = "\n".join([*kept, *(nested(key, chance.choice(VALUES)) for key in changed.values())])
        file.write_text(text)
        try:
            load_workload(str(file))
        except ConfigError as error:
            refused += error.where is not None and error.where.line is not None
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} from {text}") from error

    assert 200 < refused < 400


# Profiles


PROFILE = "version: 1\nworkload: face\ncap: 512MiB\nsettings: {workers: 8, cache_size: 2000}\n"


def profile_refusal(path: Path) -> MemtuneError:
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    return caught.value


def test_a_profile_is_named_after_its_file(tmp_path: Path) -> None:
    (tmp_path / "lean.yaml").write_text(PROFILE + "description: Small.\n")

    profile = load_profile(str(tmp_path / "lean.yaml"))

    assert (profile.name, profile.workload, profile.description) == ("lean", "face", "Small.")
    assert profile.cap_bytes == 512 * MIB
    assert profile.settings == Settings.of({"workers": 8, "cache_size": 2000})


def test_a_profile_takes_from_the_one_it_extends_what_it_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(PROFILE)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "middle.yaml").write_text(
        "version: 1\nextends: ../base.yaml\nsettings: {workers: 2, upsample: 0}\n"
    )
    top = tmp_path / "top.yaml"
    top.write_text("version: 1\nextends: deeper/middle.yaml\ncap: 1GiB\n")

    profile = load_profile(str(top))

    assert (profile.name, profile.workload, profile.cap_bytes) == ("top", "face", 1024 * MIB)
    assert profile.settings == Settings.of({"workers": 2, "cache_size": 2000, "upsample": 0})
    assert profile.description == ""


def test_a_profile_may_extend_a_shipped_one(tmp_path: Path) -> None:
    shipped = profile_names()[0]
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"version: 1\nextends: {shipped}\ncap: 77MiB\n")

    assert load_profile(str(mine)).settings == load_profile(shipped).settings


def test_the_workload_of_a_profile_is_relative_to_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "profiles").mkdir(parents=True)
    (project / "workload.yaml").write_text(MINIMAL)
    (project / "profiles" / "lean.yaml").write_text(
        PROFILE.replace("workload: face", "workload: ../workload.yaml")
    )
    monkeypatch.chdir(tmp_path)

    profile = load_profile("project/profiles/lean.yaml")

    assert load_workload(profile.workload).name == "demo"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a.yaml", None),
        ("./a.yaml", None),
        ("../{here}/a.yaml", None),
        ("b.yaml", "a.yaml"),
        ("b.yaml", "../{here}/b.yaml"),
    ],
)
def test_profiles_that_extend_each_other_are_refused(tmp_path: Path, a: str, b: str | None) -> None:
    for name, base in (("a", a), ("b", b)):
        if base is not None:
            text = f"version: 1\nextends: {base.format(here=tmp_path.name)}\n"
            (tmp_path / f"{name}.yaml").write_text(text)

    error = profile_refusal(tmp_path / "a.yaml")

    assert error.message == "profiles extend each other in a circle"
    assert error.where is not None
    assert (error.where.line, error.where.key) == (2, "extends")


@pytest.mark.parametrize(
    ("extends", "complaint", "hint"),
    [
        ("absent.yaml", "there is no file", "relative to this file"),
        ("./", "there is no file", "relative to this file"),
        ("orignal", "there is no profile 'orignal'", "did you mean 'original'?"),
    ],
)
def test_a_base_that_does_not_exist_is_told_where_it_is_named(
    tmp_path: Path, extends: str, complaint: str, hint: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"version: 1\ncap: 1GiB\nextends: {extends}\n")

    error = profile_refusal(mine)

    assert complaint in error.message
    assert str(error.where) == f"{mine}:3 (extends)"
    assert hint in error.hint


def test_a_mistake_in_a_base_is_placed_in_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(PROFILE + "captain: 5\n")
    (tmp_path / "mine.yaml").write_text("version: 1\nextends: base.yaml\n")

    error = profile_refusal(tmp_path / "mine.yaml")

    assert str(error.where) == f"{tmp_path / 'base.yaml'}:5 (captain)"


@pytest.mark.parametrize("key", ["workload", "cap"])
def test_a_profile_that_extends_nothing_says_everything(tmp_path: Path, key: str) -> None:
    lines = [line for line in PROFILE.splitlines() if not line.startswith(key)]
    (tmp_path / "mine.yaml").write_text("\n".join(lines))

    error = profile_refusal(tmp_path / "mine.yaml")

    assert error.message == f"the key '{key}' is missing"
    assert error.where is not None
    assert error.where.key == key


@pytest.mark.parametrize(
    ("settings", "key", "complaint"),
    [
        ("{workers: [1]}", "settings.workers", "a number or a word is needed"),
        ("{workers: }", "settings.workers", "the key has no value"),
        ("[workers]", "settings", "should be a valid dictionary"),
    ],
)
def test_wrong_settings_are_refused(
    tmp_path: Path, settings: str, key: str, complaint: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"version: 1\nextends: original\nsettings: {settings}\n")

    error = profile_refusal(mine)

    assert complaint in error.message
    assert str(error.where) == f"{mine}:3 ({key})"


def test_an_unknown_profile_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        load_profile("orignal")

    assert caught.value.message == "there is no profile 'orignal'"
    assert caught.value.hint.startswith("did you mean 'original'?")


def test_a_profile_file_that_does_not_exist_is_a_config_error(tmp_path: Path) -> None:
    error = profile_refusal(tmp_path / "absent.yaml")

    assert "No such file" in error.message


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_fits_its_workload(name: str) -> None:
    profile = load_profile(name)

    settings = settings_for(load_workload(profile.workload).space, profile.settings.as_dict())

    assert settings.as_dict() == profile.settings.as_dict()


# Values given on the command line


SPACE = Space(
    (
        Knob("heap", (128, 256, "unlimited"), env=(("HEAP", "{value}"),)),
        Knob("ratio", (0.5, 1), env=(("RATIO", "{value}"),)),
    )
)


def test_settings_stand_in_the_order_of_the_space_with_the_values_of_the_knobs() -> None:
    settings = settings_for(SPACE, {"ratio": "0.5", "heap": "128"})

    assert settings == Settings((("heap", 128), ("ratio", 0.5)))
    assert [type(value) for _, value in settings] == [int, float]


def test_settings_may_leave_knobs_out() -> None:
    assert settings_for(SPACE, {"heap": "unlimited"}) == Settings((("heap", "unlimited"),))
    assert settings_for(SPACE, {}) == Settings(())


@pytest.mark.parametrize(
    ("values", "complaint", "hint"),
    [
        ({"haep": 128}, "there is no knob 'haep'", "did you mean 'heap'?"),
        ({"zzz": 128}, "there is no knob 'zzz'", "known: heap, ratio"),
        ({"heap": 129}, "the knob 'heap' has no value 129", "128, 256, unlimited"),
        ({"heap": "128MB"}, "the knob 'heap' has no value '128MB'", "128, 256, unlimited"),
        ({"heap": ""}, "the knob 'heap' has no value ''", "128, 256, unlimited"),
    ],
)
def test_settings_outside_the_space_are_refused(
    values: dict[str, int | float | str], complaint: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings_for(SPACE, values)

    assert (caught.value.message, caught.value.exit_code) == (complaint, ExitCode.USAGE)
    assert hint in caught.value.hint


def test_settings_for_a_workload_without_knobs_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        settings_for(Space(()), {"heap": 1})

    assert caught.value.hint == "this workload has no knobs"


@pytest.mark.parametrize("name", ["outcome", "headroom"])
def test_a_figure_cannot_be_called_like_a_check_of_memtunes_own(file: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="check of memtune's own") as raised:
        loaded(file, MINIMAL + f"checks:\n  output:\n    {name}: {{max: 1}}\n")

    assert str(raised.value.where).endswith(f"(checks.output.{name})")
