"""The plan survives its way through the environment."""

import pytest

from memtune.errors import ConfigError
from memtune.execute.request import plan_json
from memtune.load.plan import plan_from
from memtune.model import Call, Health, Load, Plan

FULL = Plan(
    Load(
        boot_limit_s=0.5,
        before=(Call("register", "POST", "http://localhost/r", each="*.jpg", form=(("a", "@x"),)),),
        calls=(
            Call(
                "login",
                "PUT",
                "http://localhost/l",
                headers=(("X-Ü", "1"),),
                json=(("yes", True), ("one", 1), ("part", 1.0), ("word", "1"), ("no", False)),
                pad_bytes=8_000_000,
                status=201,
                answer=(("person", "{person}"), ("known", True)),
            ),
        ),
        after=(Call("drop", "DELETE", "http://localhost/d", body="as it is\n"),),
        concurrency=16,
        rate_per_s=2.5,
        duration_s=10,
        warm_up=3,
    ),
    (Health("backend", "http://localhost:3000/health"),),
)


@pytest.mark.parametrize(
    "plan", [FULL, Plan(Load(command=("k6", "run", "load.js")), ())], ids=["calls", "command"]
)
def test_a_plan_is_read_back_as_it_was_with_true_no_1_and_1_no_text(plan: Plan) -> None:
    again = plan_from(plan_json(plan))

    assert again == plan
    assert repr(again.load.calls) == repr(plan.load.calls)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("{}", "load: Field required"),
        ('{"load": {"requests": "many"}, "health": []}', "load.requests"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_place(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        plan_from(text)
