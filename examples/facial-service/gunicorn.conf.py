"""How gunicorn runs the service; every number comes from the environment (README.md)."""

import gc
import os
import shutil
import sys

from facial_service.settings import SettingsError, settings_from

from memtune.guard.gunicorn import post_fork, post_request, post_worker_init  # noqa: F401

try:
    settings = settings_from(os.environ)
except SettingsError as error:
    sys.exit(f"facial-service: {error}")

# Before the application is imported, which makes the metrics: the workers share these files.
os.environ["RUN_DIR"] = os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.run_dir)

wsgi_app = "facial_service.app:create_app()"
bind = f"0.0.0.0:{settings.port}"
worker_class = "gthread"
workers = settings.workers
threads = settings.threads
preload_app = settings.preload
max_requests = settings.max_requests
max_requests_jitter = settings.max_requests // 10
timeout = 60
graceful_timeout = 25
keepalive = 5
# The heartbeat's file: memory of a few bytes, where /tmp may be a disk that blocks.
worker_tmp_dir = "/dev/shm"
# It would be written to the home directory, which is read-only.
control_socket_disable = True


def pre_fork(server, worker):
    """Leave what is loaded out of garbage collection, which would write to every shared page."""
    gc.freeze()


def child_exit(server, worker):
    """Take what a dead worker had in work out of the metrics."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Remove what the workers shared."""
    shutil.rmtree(os.environ["RUN_DIR"], ignore_errors=True)
