"""A batch job: finds the most frequent words of a made-up log, chunk by chunk.

CHUNK_LINES (how many lines are held at once) costs memory; TOP (how many words are
counted exactly) costs memory and decides whether the answer is right.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator

LINES = 60_000
WORDS = [f"word{n:05d}" for n in range(20_000)]


def log(lines: int) -> Iterator[str]:
    """Yield lines of eight words; low-numbered words are the frequent ones."""
    rng = random.Random(7)
    for _ in range(lines):
        yield " ".join(WORDS[int(len(WORDS) * rng.random() ** 3)] for _ in range(8))


def count(lines: Iterator[str], chunk_lines: int, top: int) -> Counter[str]:
    """Count words, keeping only the ``top`` most frequent ones after each chunk."""
    counts: Counter[str] = Counter()
    chunk: list[list[str]] = []
    for line in lines:
        chunk.append(line.split())
        if len(chunk) >= chunk_lines:
            counts = Counter(dict(merged(counts, chunk).most_common(top)))
            chunk.clear()
    return merged(counts, chunk)


def merged(counts: Counter[str], chunk: list[list[str]]) -> Counter[str]:
    """Add a chunk to the counts."""
    for words in chunk:
        counts.update(words)
    return counts


def main() -> None:
    """Print the result as one JSON object."""
    begun = time.monotonic()
    chunk_lines, top = (
        int(os.environ.get("CHUNK_LINES", "60000")),
        int(os.environ.get("TOP", "20000")),
    )
    counts = count(log(LINES), chunk_lines, top)
    exact = Counter(word for line in log(LINES) for word in line.split())
    first = [word for word, _ in exact.most_common(20)]
    elapsed_s = time.monotonic() - begun
    print(
        json.dumps(
            {
                "wrong": sum(counts[word] != exact[word] for word in first),
                "lines": LINES,
                "throughput_per_s": round(LINES / elapsed_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
