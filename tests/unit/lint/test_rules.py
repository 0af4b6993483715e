"""Each rule on the smallest project that has its mistake, and on what only looks like it."""

import json
from pathlib import Path

import pytest

from tests.unit.lint.project import found, linted

SERVER = "const express = require('express'); express().listen(1);\n"
FLASK = {"requirements.txt": "flask\ngunicorn\n", "Dockerfile": "FROM python:3.11-slim\n"
         "HEALTHCHECK CMD true\nCMD gunicorn -w 1 app:app\n"}  # fmt: skip


def package(**scripts: str) -> str:
    return json.dumps({"scripts": scripts, "dependencies": {"express": "4"}}, indent=1)


def names(folder: Path, files: dict[str, str], cap_mib: int | None = 512) -> set[str]:
    return {rule for rule, _, _ in found(linted(folder, files, cap_mib))}


@pytest.mark.parametrize(
    ("command", "rules"),
    [
        ("node --heap-size-limit=256 a.js", {"node-flag-unknown"}),
        ("NODE_ENV=production node --max-heapsize=9 a.js", {"node-flag-unknown"}),
        ("cross-env A=1 node -r dotenv/config --memory-limit=9 a.js", {"node-flag-unknown"}),
        ("NODE_OPTIONS=--max-heap-size=200 node a.js", {"node-flag-unknown"}),
        ("sh -c 'exec node --heap-size-limit=1 a.js'", {"node-flag-unknown"}),
        ("npm run build && node --heap-size-limit=1 a.js", {"node-flag-unknown"}),
        ("node --max-old-space-size 200 a.js", {"node-flag-value"}),
        ("node --max-old-space-size=200MB a.js", {"node-flag-value"}),
        ("node a.js --max-old-space-size=200", {"node-flag-behind-script"}),
        ("node --max-old-space-size=384 a.js", {"heap-limit-near-cap"}),
        ("NODE_OPTIONS='--max_old_space_size=512' node a.js", {"heap-limit-near-cap"}),
        ("node --max-old-space-size=256 a.js", {"heap-limit-is-default"}),
        ("pm2 start a.js -i max", {"workers-from-cpus"}),
        ("node --max-old-space-size=128 --expose-gc a.js", set()),
        ("node --max_old_space_size=128 --no-expose_gc a.js", set()),
        ("node --max-heap-size=128 --max-semi-space-size=1 --gc-interval=9 a.js", set()),
        ("node --max-http-header-size 16384 a.js", set()),
        ("node a.js --cache-size=100 --heap-size-limit=256", set()),
        ("node -e 'console.log(\"--heap-size-limit=1\")'", set()),
        ("mocha --memory-limit=1", set()),
        ("echo node --heap-size-limit=1", set()),
    ],
)
def test_how_node_is_started(tmp_path: Path, command: str, rules: set[str]) -> None:
    assert names(tmp_path, {"package.json": package(start=command), "a.js": SERVER}) == rules


@pytest.mark.parametrize(
    ("cap_mib", "rules"),
    [
        (256, {"heap-default-over-cap"}),
        (320, {"heap-default-over-cap"}),
        (512, set()),
        (None, set()),
    ],
)
def test_the_default_heap_limit_does_not_fit_a_small_cap(
    tmp_path: Path, cap_mib: int | None, rules: set[str]
) -> None:
    assert names(tmp_path, {"package.json": package(start="node a.js")}, cap_mib) == rules


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("const WARNING_MB = 500;\nprocess.memoryUsage();", {"threshold-near-cap"}),
        ("const limits = { critical: 700 };\nprocess.memoryUsage();", {"threshold-over-cap"}),
        ("const maxMemoryMb = process.env.MAX || 800;", {"threshold-over-cap"}),
        ("const MEMORY_LIMIT = 600 * 1024 * 1024;", {"threshold-over-cap"}),
        ("const heapLimitBytes = 536870912;", {"threshold-over-cap"}),
        ("const WARNING_MB = 350;\nprocess.memoryUsage();", set()),
        ("// const WARNING_MB = 900;\nprocess.memoryUsage();", set()),
        ("/* criticalMemory = 900 */", set()),
        ("const a = 'http://x'; const maxMemoryMb = 800;", {"threshold-over-cap"}),
        ("const rateLimit = 600; const pageLimit = 1000; process.memoryUsage();", set()),
        ("compression({ threshold: 1024 }); process.memoryUsage();", set()),
        ("const maxUploadMb = 900; process.memoryUsage();", set()),
        ("const memoryWarningPercent = 850;", set()),
        ("const warningThreshold = 900;", set()),  # of what, is not said
        ("setInterval(() => logMemory(process.memoryUsage()), 60000);", {"memory-check-slow"}),
        ("const CHECK_INTERVAL_MS = 30_000; process.memoryUsage();", {"memory-check-slow"}),
        ("setInterval(() => logMemory(process.memoryUsage()), 1000);", set()),
        ("setInterval(() => refreshTokens(), 60000); process.memoryUsage();", set()),
        ("os.totalmem()", {"host-memory"}),
        ("express.json({ limit: '50mb' })", {"body-limit-huge"}),
        ("bodyParser.urlencoded({ extended: true,\n  limit: '1gb' })", {"body-limit-huge"}),
        ("express.json({ limit: 100 * 1024 * 1024 })", {"body-limit-huge"}),
        ("express.json({ limit: '10mb' })", set()),
        ("express.json()", set()),
        ("multer({ storage: multer.memoryStorage() })", {"body-limit-missing"}),
        ("multer({ dest: 'uploads/' })", set()),
        ("os.cpus().length; cluster.fork()", {"workers-from-cpus"}),
        ("console.log(os.cpus().length)", set()),
        ("Math.min(2, os.cpus().length); cluster.fork()", set()),
        ("module.exports = { apps: [{ instances: 'max' }] }", {"workers-from-cpus"}),
        ("if (global.gc) global.gc()", {"gc-not-exposed"}),
        ("v8.setFlagsFromString('--expose_gc'); global.gc()", set()),
    ],
)  # fmt: skip
def test_javascript(tmp_path: Path, source: str, rules: set[str]) -> None:
    files = {"package.json": package(start="node a.js"), "a.js": SERVER + source}

    assert names(tmp_path, files) == rules


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("import psutil\ndef __init__(self, warning=500): ...", {"threshold-near-cap"}),
        ("MEMORY_LIMIT_MB = int(os.environ.get('M', 800))", {"threshold-over-cap"}),
        ("LIMITS = {'memory_critical_mb': 700}", {"threshold-over-cap"}),
        ("MAX_RSS = '1GB'", {"threshold-over-cap"}),
        ("guard(critical_memory_bytes=700 * 1024 ** 2)", set()),  # no power: not computed
        ("guard(critical_memory_bytes=700 * 1024 * 1024)", {"threshold-over-cap"}),
        ("MEMORY_WARNING_MB = 350", set()),
        ("memory_warning_percent = 850", set()),
        ("import psutil\nrate_limit = 900\nmax_image_mb = 900", set()),
        ("max_mem = 100000", set()),  # KB, most likely
        ("import psutil\ncheck_interval = 30", {"memory-check-slow"}),
        ("import psutil\ncheck_interval = 5", set()),
        ("poll_interval = 60", set()),
        ("import psutil, time\ndef f():\n    psutil.Process().memory_info()\n    time.sleep(60)",
         {"memory-check-slow"}),
        ("import psutil\npsutil.virtual_memory()", {"host-memory"}),
        ("import psutil\nopen('/sys/fs/cgroup/memory.max')\npsutil.virtual_memory()", set()),
        ("@lru_cache(maxsize=None)\ndef f(a): ...", {"cache-unbounded"}),
        ("@functools.cache\ndef f(a): ...", {"cache-unbounded"}),
        ("@lru_cache(None)\nasync def f(*a): ...", {"cache-unbounded"}),
        ("@lru_cache(maxsize=None)\ndef settings(): ...", set()),
        ("@lru_cache\ndef f(a): ...", set()),
        ("@cache(timeout=3)\ndef f(a): ...", set()),
        ("app = Flask(__name__)", {"body-limit-missing"}),
        ("app = Flask(__name__)\napp.config['MAX_CONTENT_LENGTH'] = 1024", set()),
        ("app = Flask(__name__)\napp.config.update(MAX_CONTENT_LENGTH=10 * 1024)", set()),
        ("app.config['MAX_CONTENT_LENGTH'] = 64 * 1024 * 1024", {"body-limit-huge"}),
        ("Pool(os.cpu_count())", {"workers-from-cpus"}),
        ("ProcessPoolExecutor(max_workers=2 * multiprocessing.cpu_count())", {"workers-from-cpus"}),
        ("Pool(min(2, os.cpu_count()))", set()),
        ("print(os.cpu_count())", set()),
        ("ThreadPoolExecutor(4)", {"malloc-arenas-unset"}),
        ("ThreadPoolExecutor(max_workers=1)", set()),
    ],
)  # fmt: skip
def test_python(tmp_path: Path, source: str, rules: set[str]) -> None:
    assert names(tmp_path, {**FLASK, "app.py": source}) == rules


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        ({"Procfile": "web: gunicorn -w 4 app:app"}, {"workers-without-preload"}),
        ({"Procfile": "web: gunicorn -w4 --preload app:app"}, set()),
        ({"Procfile": "web: python -m gunicorn --workers=$(nproc) --preload app:app"},
         {"workers-from-cpus"}),
        ({"start.sh": "exec gunicorn -w $((2 * $(nproc) + 1)) --preload app:app"},
         {"workers-from-cpus"}),
        ({"Procfile": "web: gunicorn --threads 8 app:app"}, {"malloc-arenas-unset"}),
        ({"Procfile": "web: MALLOC_ARENA_MAX=1 gunicorn --threads 8 app:app"}, set()),
        ({"start.sh": "export MALLOC_ARENA_MAX=2\nexec gunicorn \\\n  -k gthread app:app"}, set()),
        ({"start.sh": "exec gunicorn \\\n  -k gthread app:app"}, {"malloc-arenas-unset"}),
        ({"start.sh": "pip install gunicorn --threads 8\necho node --heap-size-limit=1"}, set()),
        ({"gunicorn.conf.py": "import multiprocessing as m\nworkers = m.cpu_count()\n"
          "preload_app = True"}, {"workers-from-cpus"}),
        ({"gunicorn.conf.py": "workers = 3\npreload_app = False"}, {"workers-without-preload"}),
        ({"gunicorn.conf.py": "workers = 3\npreload_app = True"}, set()),
        ({"settings.py": "workers = 3"}, set()),
        ({"Dockerfile": "FROM python:3.12-alpine\nHEALTHCHECK CMD true\n"
          'CMD ["gunicorn", "--threads", "8", "app:app"]'}, set()),
        ({"Dockerfile": "FROM python\nHEALTHCHECK CMD true\nENV LD_PRELOAD=/lib/libjemalloc.so.2\n"
          "CMD gunicorn --threads 8 app:app"}, set()),
        ({"Dockerfile": "FROM python\nHEALTHCHECK CMD true\nENV GUNICORN_CMD_ARGS='--workers 4'\n"
          "CMD gunicorn app:app"}, {"workers-without-preload"}),
        ({"requirements.txt": "flask\nnumpy==2\n"}, {"thread-variables-unset"}),
        ({"requirements.txt": "numpy==2\n"}, set()),  # a job answers nobody
        ({"pyproject.toml": '[project]\ndependencies = ["fastapi>=1", "scipy"]'},
         {"thread-variables-unset"}),
        ({"Dockerfile": "FROM python\nEXPOSE 80\nCMD python -m app"}, {"no-health-check"}),
        ({"Dockerfile": "FROM python\nEXPOSE 80\nHEALTHCHECK NONE\nCMD python -m app"},
         {"no-health-check"}),
        ({"Dockerfile": "FROM python\nCMD python job.py"}, set()),
        ({"compose.yaml": "services:\n  a:\n    build: .\n"}, {"no-memory-limit"}),
        ({"compose.yaml": "services:\n  a:\n    build: .\n    mem_limit: ${M:-512m}\n"}, set()),
        ({"compose.yaml": "services:\n  db:\n    image: postgres\n"}, set()),
        ({"compose.yaml": "x-a: &a\n  mem_limit: 1g\nservices:\n  a:\n    <<: *a\n    build: .\n"},
         set()),
    ],
)  # fmt: skip
def test_how_services_are_started_and_deployed(
    tmp_path: Path, files: dict[str, str], rules: set[str]
) -> None:
    assert names(tmp_path, files) == rules


def test_the_smallest_cap_of_a_service_counts(tmp_path: Path) -> None:
    compose = "services:\n  a:\n    build: .\n    mem_limit: 2g\n"
    render = "services:\n- type: worker\n  name: a\n  plan: starter\n  startCommand: python a.py\n"
    source = "MEMORY_LIMIT_MB = 700\n"

    result = linted(
        tmp_path, {"compose.yaml": compose, "render.yaml": render, "a.py": source}, None
    )

    assert found(result) == {("threshold-over-cap", "a.py", 1)}


def test_a_cap_that_is_given_wins_over_the_files(tmp_path: Path) -> None:
    compose = "services:\n  a:\n    build: .\n    mem_limit: 512m\n"

    assert (
        names(tmp_path, {"compose.yaml": compose, "a.py": "MEMORY_LIMIT_MB = 700"}, 1024) == set()
    )


def test_without_a_cap_it_is_said_that_nothing_is_compared(tmp_path: Path) -> None:
    result = linted(tmp_path, {"requirements.txt": "flask", "a.py": "MAX_MEMORY_MB = 900"}, None)

    assert result.mistakes == ()
    assert [skip.what for skip in result.skipped] == ["."]
    assert "--cap" in result.skipped[0].reason


def test_services_of_one_project_do_not_lend_each_other_their_settings(tmp_path: Path) -> None:
    files = {
        "a/requirements.txt": "gunicorn",
        "a/Procfile": "web: MALLOC_ARENA_MAX=1 gunicorn --threads 8 a:a",
        "b/requirements.txt": "gunicorn",
        "b/Procfile": "web: gunicorn --threads 8 b:b",
    }

    assert found(linted(tmp_path, files)) == {("malloc-arenas-unset", "b/Procfile", 1)}


def test_a_dockerfile_that_compose_names_speaks_for_its_context(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "gunicorn",
        "Procfile": "web: gunicorn --threads 8 a:a",
        "ops/images/Dockerfile.web": "FROM python\nENV MALLOC_ARENA_MAX=1\nHEALTHCHECK CMD true\n",
        "compose.yaml": "services:\n  a:\n    mem_limit: 1g\n    build:\n      context: .\n"
        "      dockerfile: ops/images/Dockerfile.web\n",
    }

    assert found(linted(tmp_path, files)) == set()


@pytest.mark.parametrize(
    "comment",
    [
        "MEMORY_LIMIT_MB = 700  # memtune: ignore[threshold-over-cap]",
        "# memtune: ignore[other, threshold-over-cap]\nMEMORY_LIMIT_MB = 700",
    ],
)
def test_a_comment_allows_a_mistake(tmp_path: Path, comment: str) -> None:
    assert names(tmp_path, {"a.py": comment}) == set()


def test_a_comment_allows_only_the_rule_that_it_names(tmp_path: Path) -> None:
    source = "MEMORY_LIMIT_MB = 700  # memtune: ignore[host-memory]"

    assert names(tmp_path, {"a.py": source}) == {"threshold-over-cap"}
