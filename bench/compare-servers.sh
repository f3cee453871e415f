#!/bin/sh
# feedlab beside other people's servers: the same client, the same updates, one invocation. Each run starts its server anew on
# one CPU, the bench being on another; the runs stand in blocks of random order, and ratios are paired by block. The
# bench publishes to all of them by POST. The servers are tests/servers/; what is not installed is left out and named.
# Arguments go to the bench: make compare-servers takes none, bench/compare-servers.sh -c 1k --full does. Needs ./bootstrap.
# SPDX-License-Identifier: MIT
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
servers=$source/tests/servers
here=http://127.0.0.1:0 # the port of the server that the bench has started
node=$(command -v node || command -v nodejs || true)

say() { printf 'compare-servers: %s\n' "$*" >&2; }

# feedlab wraps what is posted: {"seq":…,"t":…,"data":{"seq":…,"t":…,"data":"…"}}
set -- "$@" --start "feedlab@${FEEDLAB_SERVER:-./feedlab-server} --port 0 --source none --history 100k --history-bytes 256M" \
  --target "feedlab@poll=$here/poll,longpoll=$here/longpoll,sse=$here/events,ws=$here/ws,socketio=$here/socket.io/" \
  --cursor feedlab@json:cursor,query:since --stamp feedlab@data.t --seq feedlab@data.seq

if [ -s /usr/lib/nginx/modules/ngx_nchan_module.so ] && [ -n "$node" ]; then
  set -- "$@" --start "nchan@$node $servers/nchan.mjs" \
    --target "nchan@poll=$here/poll,longpoll=$here/longpoll,sse=$here/sse,ws=$here/ws" \
    --cursor nchan@header:Last-Modified+ETag
else
  say "nginx with Nchan is left out: apt-get install nginx-light libnginx-mod-nchan"
fi

# Their transport's server: name, script, package, endpoint.
while read -r name script package endpoint; do
  if [ -n "$node" ] && [ -d "$source/node_modules/$package" ]; then
    set -- "$@" --start "$name@$node $servers/$script" --target "$name@$endpoint"
  else
    say "$name is left out: npm ci"
  fi
done <<END
better-sse sse.mjs better-sse sse=$here/sse
ws8 ws.mjs ws ws=$here/ws
socket.io4 socketio.mjs socket.io socketio=$here/live/
END

exec ./feedlab-bench run --publish "$here/publish" -c 400 --quick "$@"
