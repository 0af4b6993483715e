"""The host's side of the talk with the shim: reports among the workload's own words."""

import random

import pytest

from memtune.execute.shim import STDERR, STDOUT, TAIL_BYTES, Transcript, command_line, script

NONCE = "0123456789abcdef0123456789abcdef"
ENDED = "ended status=3 peak=1024 oom_kills=0 pids_max=-"


def transcript(*chunks: bytes, finish: bool = True) -> Transcript:
    heard = Transcript(nonce=NONCE)
    for chunk in chunks:
        heard.feed(STDERR, chunk)
    if finish:
        heard.finish()
    return heard


def report(text: str) -> bytes:
    return f"{NONCE} {text}\n".encode()


def test_reports_are_taken_out_of_what_the_workload_wrote() -> None:
    heard = transcript(
        b"before\n", report("ready limit=5 swap=-"), b"between\n", report(ENDED), b"after"
    )

    assert heard.stderr == b"before\nbetween\nafter"
    assert heard.reports == {
        "ready": {"limit": "5", "swap": "-"},
        "ended": {"status": "3", "peak": "1024", "oom_kills": "0", "pids_max": "-"},
    }


def test_a_report_is_known_as_soon_as_its_line_is_complete() -> None:
    whole = report(ENDED)

    assert "ended" not in transcript(whole[:-1], finish=False).reports
    assert "ended" in transcript(whole, finish=False).reports


def test_chunks_may_end_anywhere() -> None:
    text = b"a\nb" + report("ready limit=5 swap=6") + b"c\n\n" + report(ENDED) + b"d"
    whole = transcript(text)
    assert whole.stderr == b"a\nbc\n\nd"

    for cut in range(len(text) + 1):
        for again in range(cut, len(text) + 1, 7):
            heard = transcript(text[:cut], text[cut:again], text[again:])
            assert (heard.stderr, heard.reports) == (whole.stderr, whole.reports), (cut, again)


def test_single_bytes_are_enough() -> None:
    text = b"\n\n" + report(ENDED) + b"\n" + NONCE.encode()

    heard = transcript(*(text[n : n + 1] for n in range(len(text))))

    assert heard.reports.keys() == {"ended"}
    assert heard.stderr == b"\n\n\n" + NONCE.encode()


@pytest.mark.parametrize(
    "written",
    [
        b"\nffffffffffffffffffffffffffffffff ended status=0\n",
        f"\n{NONCE[:-1]} ended status=0\n".encode(),
        f"\n{NONCE[:-1]}0 ended status=0\n".encode(),
        f"{NONCE[1:]} ended status=0\n".encode(),
        f"\n{NONCE}ended status=0\n".encode(),
        f"\n{NONCE}\n".encode(),
    ],
)
def test_what_only_looks_like_a_report_stays_output(written: bytes) -> None:
    heard = transcript(written)

    assert heard.reports == {}
    assert heard.stderr == written


def test_output_without_a_newline_at_its_end_is_not_changed() -> None:
    assert transcript(b"no newline", report(ENDED)).stderr == b"no newline"
    assert transcript(b"one newline\n", report(ENDED)).stderr == b"one newline\n"
    assert transcript(report("started"), report(ENDED)).stderr == b""


def test_words_on_stdout_are_never_reports() -> None:
    heard = Transcript(nonce=NONCE)

    heard.feed(STDOUT, report(ENDED))

    assert heard.reports == {}
    assert heard.stdout == report(ENDED)


def test_of_huge_output_the_end_is_kept_and_the_reports_are_found() -> None:
    heard = Transcript(nonce=NONCE)
    line = b"z" * 1023 + b"\n"
    for n in range(1000):
        heard.feed(STDERR, line)
        heard.feed(STDOUT, line)
        if n == 500:
            heard.feed(STDERR, report("started"))
    heard.feed(STDERR, b"the end" + report(ENDED))
    heard.feed(STDOUT, b"the end")
    heard.finish()

    assert (len(heard.stderr), len(heard.stdout)) == (TAIL_BYTES, TAIL_BYTES)
    assert heard.stderr.endswith(b"z\nthe end")
    assert heard.stdout.endswith(b"z\nthe end")
    assert heard.reports.keys() == {"started", "ended"}


def test_a_chunk_larger_than_what_is_kept_is_cut_at_its_beginning() -> None:
    heard = transcript(b"a" * TAIL_BYTES + b"b" * TAIL_BYTES)

    assert heard.stderr == b"b" * TAIL_BYTES


def test_binary_output_passes_unchanged_in_any_chunks() -> None:
    chance = random.Random(9)
    for _ in range(50):
        noise = chance.randbytes(400).replace(b"\n", b"\0")
        text = noise + report(ENDED) + noise
        cuts = sorted(chance.choices(range(len(text)), k=6))
        chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]

        heard = transcript(*chunks)

        assert heard.stderr == noise + noise
        assert heard.number("ended", "status") == 3


def test_what_is_held_back_comes_at_the_end() -> None:
    heard = transcript(b"short", finish=False)
    assert heard.stderr == b""  # it could be the beginning of a report

    heard.finish()

    assert heard.stderr == b"short"
    heard.finish()
    assert heard.stderr == b"short"


def test_numbers_that_the_shim_could_not_read_are_absent() -> None:
    heard = transcript(report("ended status=3 peak=- oom_kills=max pids_max="))

    assert heard.number("ended", "status") == 3
    for key in ("peak", "oom_kills", "pids_max", "unknown"):
        assert heard.number("ended", key) is None
    assert heard.number("ready", "limit") is None


def test_every_transcript_has_a_nonce_that_nobody_can_guess() -> None:
    nonces = {Transcript().nonce for _ in range(100)}

    assert len(nonces) == 100
    assert {len(nonce) for nonce in nonces} == {32}


def test_the_command_line_hands_the_words_over_unchanged() -> None:
    command = ("demo", "--text", "a 'b' \"c\" $d\n", "")

    line = command_line("/memory", "/pids", command)

    assert line[:2] == ["/bin/sh", "-c"]
    assert line[2] == script()
    assert line[3:] == ["memtune-shim", "/memory", "/pids", *command]
