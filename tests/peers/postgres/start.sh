#!/bin/sh
# A PostgreSQL of its own on loopback, in a temporary folder: no password, nothing synced to disk. It prints one JSON line when it
# answers, and ends when its standard input does, so that it never outlives a test.
# PGBIN: the folder of initdb and postgres (the newest of the system). PORT: a free port.
set -eu
BIN=${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
[ -x "$BIN/initdb" ] || { echo "there is no PostgreSQL here: tests/peers/install postgres says how to get one" >&2; exit 1; }
: "${PORT:?is not set: it takes a free port}"
DIR=$(mktemp -d "${TMPDIR:-/tmp}"/peer-postgres-XXXXXX)
AS=
if [ "$(id -u)" = 0 ]; then # it refuses to run as root
  U=postgres; id -u $U >/dev/null 2>&1 || U=nobody
  chown "$U" "$DIR"; AS="setpriv --reuid=$U --regid=$(id -g $U) --clear-groups"
fi
cd "$DIR"
$AS "$BIN/initdb" -D "$DIR/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$DIR/initdb.log" 2>&1 \
  || { cat "$DIR/initdb.log" >&2; cd /; rm -rf "$DIR"; exit 1; }
$AS "$BIN/postgres" -D "$DIR/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$DIR" \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB -c max_connections=200 \
  >"$DIR/log" 2>&1 </dev/null &
PID=$!
INPUT=
stop() { kill -INT $PID $INPUT 2>/dev/null || true; wait $PID 2>/dev/null || true; cd /; rm -rf "$DIR"; exit "${1:-0}"; }
trap stop TERM INT
tries=0
until "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT" -U postgres; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] && kill -0 $PID 2>/dev/null || { cat "$DIR/log" >&2; stop 1; }
  sleep 0.1
done
printf '{"url":"postgres://postgres@127.0.0.1:%s/postgres","accounts":[]}\n' "$PORT"
# In the background, where a signal need not wait for it.
exec 3<&0
cat <&3 >/dev/null &
INPUT=$!
wait $INPUT || true
stop
