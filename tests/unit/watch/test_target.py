"""What a word on the command line means."""

import pytest

from memtune.errors import UsageError
from memtune.execute.running import Listed
from memtune.watch.target import find, is_pid

WEB = Listed("abc1" + "0" * 60, "web", "", True)
SHOP_API = Listed("abc2" + "0" * 60, "shop-api-1", "shop", True)
SHOP_DB = Listed("def3" + "0" * 60, "shop-db-1", "shop", False)
OLD = Listed("fff4" + "0" * 60, "batch", "old", False)
ALL = (WEB, SHOP_API, SHOP_DB, OLD)


@pytest.mark.parametrize("word", ["1", "4242", "4194304"])
def test_a_number_is_a_process(word: str) -> None:
    assert is_pid(word)


@pytest.mark.parametrize("word", ["web", "123456789012", "-1", "٣", "/4242"])
def test_what_is_no_number_of_a_process(word: str) -> None:
    assert not is_pid(word)


@pytest.mark.parametrize("word", ["web", "/web", "abc1", WEB.id, "ABC1"])
def test_a_container_goes_by_its_name_and_its_id(word: str) -> None:
    found = find(word, ALL)

    assert found.containers == (WEB,)
    assert found.project == ""


def test_a_compose_project_is_all_of_it_that_runs() -> None:
    found = find("shop", ALL)

    assert found.containers == (SHOP_API,)
    assert found.project == "shop"


def test_a_name_wins_over_a_project() -> None:
    namesake = Listed("eee5" + "0" * 60, "shop", "", True)

    assert find("shop", (*ALL, namesake)).containers == (namesake,)


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("wep", "there is no container, compose project or process 'wep'", "did you mean 'web'?"),
        ("shpo", "'shpo'", "did you mean 'shop'?"),
        ("zzz", "'zzz'", "known: shop, shop-api-1, web"),
        ("bach", "'bach'", "did you mean 'batch'?"),
        ("abc", "'abc'", "known: "),
        ("old", "no container of the compose project 'old' runs", "docker compose -p old up -d"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_way_out(word: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        find(word, ALL)

    assert what in refused.value.message
    assert hint in refused.value.hint


def test_an_id_that_fits_several_asks_for_a_name() -> None:
    twin = Listed("abc1" + "1" * 60, "twin", "", True)

    with pytest.raises(UsageError) as refused:
        find("abc1", (*ALL, twin))

    assert refused.value.hint == "name one: web, twin"


def test_where_no_container_runs_the_hint_says_so() -> None:
    with pytest.raises(UsageError) as refused:
        find("web", ())

    assert "no container runs" in refused.value.hint
