"""Every rule, in the order in which mistakes matter."""

from memtune.lint import rules_node as node
from memtune.lint import rules_python as python
from memtune.lint import rules_service as service
from memtune.lint.rule import Rule
from memtune.model.lint import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule, ...] = (
    Rule(
        "node-flag-unknown", _ERROR, node.unknown_flag,
        "node ends with status 9, bad option, before it executes a line",
        "remove it",
    ),
    Rule(
        "node-flag-value", _ERROR, node.flag_value,
        "V8 takes a plain number of MB behind =; node 20 ends with status 9, or ignores the unit",
        "write --max-old-space-size=MB",
    ),
    Rule(
        "node-flag-behind-script", _ERROR, node.flag_behind_script,
        "what stands behind the script is an argument of the script, and node never sees it",
        "write it between node and the script, or in NODE_OPTIONS",
    ),
    Rule(
        "heap-limit-near-cap", _WARNING, node.heap_limit_near_cap,
        "buffers, code and stacks lie outside the heap (54 MB in an idle Express): the kernel "
        "kills before V8 collects or says why",
        "write a smaller limit",
    ),
    Rule(
        "heap-default-over-cap", _WARNING, node.heap_default_over_cap,
        "node allows itself half of the cap and never under 256 MiB, so the kernel kills before "
        "V8 collects",
        "set --max-old-space-size",
    ),
    Rule(
        "heap-limit-is-default", _INFO, node.heap_limit_is_default,
        "node 20 takes half of the cap by itself, at least 256 MiB",
        "take a smaller limit that still passes under load: memtune recommend",
    ),
    Rule(
        "gc-not-exposed", _WARNING, node.gc_not_exposed,
        "global.gc is undefined without --expose-gc: the clean-up does nothing, or throws",
        "start node with --expose-gc, or remove the call: it lowers what is left, not the peak",
    ),
    Rule(
        "threshold-over-cap", _ERROR, service.threshold_over_cap,
        "the kernel kills at the cap: the threshold never fires",
        "take fractions of the limit that the container has",
    ),
    Rule(
        "threshold-near-cap", _WARNING, service.threshold_near_cap,
        "page tables, sockets and other processes count too: the kernel kills first",
        "take fractions of the limit that the container has",
    ),
    Rule(
        "memory-check-slow", _WARNING, service.slow_memory_check,
        "memory can go from idle to killed in 3 s: such a check sees only what survived",
        "check every second or two (it costs microseconds), or in each request",
    ),
    Rule(
        "host-memory", _WARNING, service.host_memory,
        "a container sees the host's total and free memory there, not its own limit",
        "read /sys/fs/cgroup/memory.max and memory.current, and the process's own RSS",
    ),
    Rule(
        "workers-from-cpus", _WARNING, node.workers_from_cpus,
        "a container counts the host's CPUs: memory grows with a machine that you do not choose",
        "write the number that passes under your cap: memtune recommend",
    ),
    Rule(
        "workers-without-preload", _WARNING, python.workers_without_preload,
        "each worker loads the application by itself; forked after loading they share its pages "
        "(38 instead of 85 MB a worker with face models)",
        "set preload_app = True (--preload)",
    ),
    Rule(
        "malloc-arenas-unset", _WARNING, python.malloc_arenas_unset,
        "glibc gives threads up to 8 arenas a CPU, which keep what was freed (peak 243 MB, with "
        "one arena 124, with 8 threads on face images)",
        "set MALLOC_ARENA_MAX=1 or 2 in the image; it is read at the start of the process",
    ),
    Rule(
        "thread-variables-unset", _INFO, python.thread_variables_unset,
        "numeric libraries start a thread per CPU, each with its buffers; what it saves depends on "
        "the build (0.2 MiB with dlib-bin, which links no BLAS)",
        "set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 in the image",
    ),
    Rule(
        "cache-unbounded", _WARNING, python.unbounded_cache,
        "without a size or a TTL it grows with every new argument until the process is killed",
        "give it a maxsize, or use cachetools.TTLCache",
    ),
    Rule(
        "body-limit-huge", _WARNING, service.body_limit_huge,
        "a body needs about 2.25 times its size while it is parsed, and several come at once",
        "lower the limit",
    ),
    Rule(
        "body-limit-missing", _WARNING, service.body_limit_missing,
        "one request may send as much as it likes",
        'set app.config["MAX_CONTENT_LENGTH"] to what your clients send',
    ),
    Rule(
        "no-health-check", _WARNING, service.no_health_check,
        "a process that thrashes near its cap lives and does not answer; nobody sees it",
        "add HEALTHCHECK to the Dockerfile, or healthCheckPath to render.yaml",
    ),
    Rule(
        "no-memory-limit", _WARNING, service.no_memory_limit,
        "it may take the machine's whole memory, and behaves otherwise than under its cap",
        "add mem_limit: 512m and the same memswap_limit",
    ),
)  # fmt: skip
