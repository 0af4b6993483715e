# Shared by the setup scripts: speaking, giving up, installing Debian packages.
# Sourced, not executed; POSIX sh.
# shellcheck shell=sh

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die WHAT HINT: what happened, then what to do; status 3 is memtune's "environment".
die() {
    printf '%s: %s\nhint: %s\n' "${0##*/}" "$1" "$2" >&2
    exit 3
}

may_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

apt_install() {
    say "installing Debian packages: $*"
    mkdir -p .memtune
    { apt_update && apt_get install --no-install-recommends "$@"; } >.memtune/apt.log 2>&1 && return
    tail -n 15 .memtune/apt.log >&2
    return 1
}

# For the lists, apt waits for no lock: on a machine that has just started, it fetches them itself.
apt_update() {
    for pause in 0 5 30; do
        sleep "$pause"
        ! apt_get update || return 0
    done
    return 1
}

# File descriptor 9 carries the callers' lock: a daemon that a package starts must not keep it.
apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
        -o Dpkg::Use-Pty=0 "$@" </dev/null 9>&-
}
