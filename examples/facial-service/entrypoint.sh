#!/bin/sh
# Starts gunicorn with the allocator of ALLOCATOR (glibc, jemalloc or mimalloc): it has to be
# chosen before the process exists. The word "default" leaves a variable to its library.
set -eu

for name in MALLOC_ARENA_MAX MALLOC_TRIM_THRESHOLD_ \
    OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS; do
    eval "value=\${$name-}"
    case "$value" in default | "") unset "$name" ;; esac
done

case "${ALLOCATOR:-glibc}" in
    glibc) ;;
    jemalloc) export LD_PRELOAD=libjemalloc.so.2 ;;
    mimalloc) export LD_PRELOAD=libmimalloc.so.2.0 ;;
    *)
        echo "facial-service: ALLOCATOR='$ALLOCATOR' is not allowed: it must be glibc, jemalloc or mimalloc" >&2
        exit 2
        ;;
esac

cd "$(dirname "$0")"
exec python -m gunicorn --config gunicorn.conf.py
