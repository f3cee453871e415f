#!/bin/sh
# The figures of docs/results.md, measured again: fan-out against the floor, overload, memory, 10,000 subscribers, the
# transports beside each other, what Socket.IO's connecting costs, short polling against nginx. About ten minutes. nginx
# and wrk are not feedlab's: apt-get install nginx-light wrk.
# Nothing else should run meanwhile. Run it from the folder with the built programs.
# SPDX-License-Identifier: MIT
set -eu
bench=./feedlab-bench
server=./feedlab-server
work=$(mktemp -d)
stop=
cleanup() {
  for pid in $stop; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT INT TERM

title() { printf '\n== %s\n' "$*"; }

run() {
  title "feedlab-bench $*"
  $bench "$@" || printf '(exit status %s)\n' $?
}

run run --floor --baseline floor -t ws,sse,socketio -c 1000 -R 50 -s 128 -d 3s --warmup 1s -n 10
run run -t ws,sse,socketio -c 1000 -R 400 -s 128 -d 5s --warmup 2s -n 3
run run -t ws,sse,socketio -c 4k -R 1 -d 3s --heartbeat 1s --settle 4s
run run -t ws -c 10k -R 1 -s 128 -d 10s --warmup 3s
run run -t sse -c 10k -R 1 -s 128 -d 10s --warmup 3s
run run -t socketio -c 10k -R 1 -s 128 -d 10s --warmup 3s
run run -c 400 --quick
run run -c 400 --quick -t socketio-polling,socketio-ws

command -v nginx >/dev/null && command -v wrk >/dev/null || {
  title "nginx or wrk is not here: short polling was not compared"
  exit 0
}

# CPU of a process and its children in clock ticks of 10 ms, which is fine over seconds.
cpu_ticks() {
  for pid in $1 $(cat "/proc/$1/task/$1/children"); do cat "/proc/$pid/stat"; done |
    awk '{ n += $14 + $15 } END { print n }'
}

poll_with_wrk() { # name pid url
  before=$(cpu_ticks "$2")
  taskset -c 0 wrk -t1 -c64 -d8s "$3" >"$work/wrk"
  after=$(cpu_ticks "$2")
  awk -v name="$1" -v ticks=$((after - before)) '
    /requests in/ { n = $1 }
    /Requests\/sec/ { rate = $2 }
    END { printf "%-10s %9.0f requests/s   %5.2f µs of CPU a request\n", name, rate, ticks * 10000 / n }' "$work/wrk"
}

cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; master_process on; pid $work/pid; error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; client_body_temp_path $work/a; proxy_temp_path $work/b;
  fastcgi_temp_path $work/c; uwsgi_temp_path $work/d; scgi_temp_path $work/e;
  server { listen 127.0.0.1:18091; location / { default_type application/json;
    return 200 '{"cursor":"k3f9tz-17","updates":[]}\n'; } }
}
CONF
mkfifo "$work/log"
taskset -c 1 nginx -c "$work/nginx.conf" -e /dev/null &
nginx=$!
taskset -c 1 $server --port 0 --source none 2>"$work/log" &
feedlab=$!
stop="$nginx $feedlab"
exec 3<"$work/log"
read -r line <&3
url=${line#listening on }
until curl -fs -o /dev/null http://127.0.0.1:18091/; do kill -0 $nginx; done

title "short polling: wrk -t1 -c64 -d8s, one worker each, server on CPU 1, wrk on CPU 0"
for round in 1 2 3; do
  printf 'round %s\n' $round
  poll_with_wrk nginx $nginx http://127.0.0.1:18091/
  poll_with_wrk feedlab $feedlab "$url/poll?since=0"
done
