"""Options of node 20 that have to do with memory, written down from node v20.20.2.

From ``node --v8-options``, ``node --help`` and ``process.allowedNodeEnvironmentFlags``: those
with one of the words heap, space, size, mem, memory or gc in their name. Each may be written with
underscores, and with ``no-`` in front.
"""

import re

_FLAGS = """
    bytecode-size-allowance-per-tick clear-free-memory compact-code-space
    compact-code-space-with-stack compact-on-every-full-gc
    detect-ineffective-gcs-near-heap-limit enable-third-party-heap experimental-wasm-gc
    experimental-wasm-memory64 expose-gc expose-gc-as fuzzer-gc-analysis
    gc-experiment-less-compaction gc-fake-mmap gc-global gc-interval
    gc-memory-reducer-start-delay-ms gc-stats gc-verbose heap-growing-percent heap-prof
    heap-prof-dir heap-prof-interval heap-prof-name heap-profiler-show-hidden-objects
    heap-profiler-trace-objects heap-profiler-use-embedder-graph heap-snapshot-string-limit
    heapsnapshot-near-heap-limit heapsnapshot-signal huge-max-old-generation-size
    initial-heap-size initial-old-space-size initial-shared-heap-size
    lazy-new-space-shrinking maglev-assert-stack-size max-bytecode-size-for-early-opt
    max-heap-size max-http-header-size max-inlined-bytecode-size
    max-inlined-bytecode-size-absolute max-inlined-bytecode-size-cumulative
    max-inlined-bytecode-size-small max-old-space-size max-optimized-bytecode-size
    max-semi-space-size max-shared-heap-size memory-reducer memory-reducer-for-small-heaps
    memory-reducer-single-gc min-semi-space-size minor-gc-task minor-gc-task-trigger
    node-memory-debug optimize-for-size predictable-gc-schedule print-builtin-size
    random-gc-interval retain-maps-for-n-gc sampling-heap-profiler-suppress-randomness
    secure-heap secure-heap-min semi-space-growth-factor separate-gc-phases
    single-threaded-gc stack-size stress-gc-during-compilation stress-wasm-code-gc
    test-small-max-function-context-stub-size trace-gc trace-gc-freelists
    trace-gc-freelists-verbose trace-gc-heap-layout trace-gc-heap-layout-ignore-minor-gc
    trace-gc-ignore-scavenger trace-gc-nvp trace-gc-object-stats trace-gc-verbose
    trace-heap-broker trace-heap-broker-memory trace-heap-broker-verbose trace-wasm-code-gc
    trace-wasm-memory trace-wasm-native-heap track-gc-object-stats track-heap-objects
    transition-strings-during-gc-with-stack v8-os-page-size v8-pool-size verify-heap
    wasm-code-gc wasm-inlining-max-size wasm-loop-peeling-max-size
    wasm-max-code-space-size-mb wasm-max-initial-code-space-reservation wasm-max-mem-pages
    wasm-max-module-size wasm-max-table-size wasm-memory-protection-keys
    wasm-stack-switching-stack-size write-protect-code-memory
"""
_IN_NODE_OPTIONS = """
    expose-gc heap-prof heap-prof-dir heap-prof-interval heap-prof-name
    heapsnapshot-near-heap-limit heapsnapshot-signal huge-max-old-generation-size
    max-http-header-size max-old-space-size max-semi-space-size node-memory-debug secure-heap
    secure-heap-min track-heap-objects v8-pool-size
"""
KNOWN = frozenset(_FLAGS.split())
"""Accepted behind ``node``; an option that it does not know ends it with status 9."""
KNOWN_IN_NODE_OPTIONS = frozenset(_IN_NODE_OPTIONS.split())
"""Accepted in NODE_OPTIONS, which refuses most of V8's, with status 9, too."""
_ABOUT_MEMORY = re.compile(r"(^|-)(heap\w*|space|mem|memory\w*|gcs?|size)(-|$)")


def about_memory(flag: str) -> str | None:
    """``--max_old_space_size=256`` -> max-old-space-size; None for other options."""
    name = flag.partition("=")[0].lstrip("-").replace("_", "-").removeprefix("no-")
    return name if _ABOUT_MEMORY.search(name) else None
