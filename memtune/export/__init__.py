"""Settings as files for where a workload is deployed: ``.env``, Dockerfile, compose, render.yaml,
fly.toml, Kubernetes, gunicorn, package.json; computes text and writes none."""
