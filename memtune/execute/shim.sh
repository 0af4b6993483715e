# The first process of every run: starts the workload as its child, reports what the
# kernel counted, and leaves when memtune does. POSIX sh; builtins only.
#
#   sh -c SHIM memtune-shim MEMORY_CGROUP PIDS_CGROUP COMMAND [ARG...]
#
# stdin is the lease: first a nonce, then the words go, term, kill; at its end everything
# dies. Reports go to stderr, from the nonce, which the workload never sees, to the end of the
# line: "ready", "started", "ended status=... peak=...". Each is one write, for some shells write
# line by line and the workload writes to stderr too.
set -u
memory=$1 pids=$2
shift 2
exec 3<&0 </dev/null
IFS= read -r nonce <&3 || exit 0

say() { printf '%s %s\n' "$nonce" "$*" >&2; }

# Sets $value to the first line of the first readable file, or to "-".
first() {
  value=-
  for file in "$@"; do
    if [ -r "$file" ] && IFS= read -r value <"$file"; then return; fi
  done
  value=-
}

# Sets $value to the number behind a key in the first readable file, or to "-".
keyed() {
  key=$1
  shift
  value=-
  for file in "$@"; do
    [ -r "$file" ] || continue
    while read -r name number; do
      if [ "$name" = "$key" ]; then
        value=$number
        return
      fi
    done <"$file"
  done
}

# In a container the end of PID 1 ends all; in a bare cgroup each process is killed.
kill_all() {
  [ $$ -eq 1 ] && return
  for again in 1 2 3; do
    while read -r pid; do
      [ "$pid" = $$ ] || kill -KILL "$pid"
    done <"$memory/cgroup.procs"
  done 2>/dev/null
}

first "$memory/memory.max" "$memory/memory.limit_in_bytes"
limit=$value
first "$memory/memory.swap.max" "$memory/memory.memsw.limit_in_bytes"
swap=$value
keyed oom_kill_disable "$memory/memory.oom_control"
say "ready limit=$limit swap=$swap oom_kill_disable=$value"
IFS= read -r word <&3 || exit 0
[ "$word" = go ] || exit 0
if ! command -v "$1" >/dev/null; then
  say "missing"
  exit 127
fi

woken=
child=
trap 'woken=1; [ -z "$child" ] || kill -TERM "$child"' TERM INT HUP QUIT
trap 'kill -KILL "$child"; kill_all; exit 137' USR1
(
  # The kernel shall kill the workload before the shim that reports it.
  echo 1000 >/proc/self/oom_score_adj
  exec "$@" 3<&-
) &
child=$!
[ -z "$woken" ] || kill -TERM "$child"
(
  trap - TERM INT HUP QUIT USR1
  while IFS= read -r word <&3; do
    case $word in
      term) kill -TERM "$child" ;;
      kill) kill -KILL "$child" ;;
    esac
  done
  kill -USR1 $$
) 2>/dev/null &
say "started"

while :; do
  woken=
  wait "$child" 2>/dev/null # keeps the shell from writing "Killed" into the workload's stderr
  status=$?
  [ -n "$woken" ] || break
  kill -0 "$child" 2>/dev/null && continue
  # It ended in the same moment: the shell knows its status still, or has just told it.
  wait "$child" 2>/dev/null
  late=$?
  [ "$late" -eq 127 ] || status=$late
  break
done

first "$memory/memory.peak" "$memory/memory.max_usage_in_bytes"
peak=$value
keyed oom_kill "$memory/memory.events" "$memory/memory.oom_control"
oom_kills=$value
keyed max "$pids/pids.events"
say "ended status=$status peak=$peak oom_kills=$oom_kills pids_max=$value"
kill_all
exit "$status"
