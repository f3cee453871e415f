#!/bin/sh
# The README's curl lines, by curl itself: what it prints, and that a stream comes line by line.
# SPDX-License-Identifier: MIT
set -u
: "${FEEDLAB_SERVER:=./feedlab-server}" "${CURL:=curl}"

directory=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -9 "$server" 2>/dev/null
  rm -rf "$directory"
}
trap cleanup EXIT

number=0
ok() { number=$((number + 1)) && echo "ok $number - $1"; }
not_ok() { number=$((number + 1)) && echo "not ok $number - $1" && printf '%s\n' "$2" | sed 's/^/# got: /'; }

# expect NAME TEXT PATTERN: a case; TEXT must match the shell pattern.
expect() {
  # shellcheck disable=SC2254 # a pattern is meant
  case $2 in
    $3) ok "$1" ;;
    *) not_ok "$1" "$2" ;;
  esac
}

# ask ARGUMENTS: curl, without a progress bar and for 20 seconds at most.
ask() { "$CURL" --silent --show-error --max-time 20 "$@" 2>&1; }

mkfifo "$directory/log" "$directory/stream"
"$FEEDLAB_SERVER" --port 0 --source none 2>"$directory/log" &
server=$!
exec 3<"$directory/log"
read -r line <&3
url=${line##* }
cat <&3 >"$directory/rest" &
reader=$!

echo 1..12
newline='
'
expect "it says where it listens" "$line" "listening on http://127.0.0.1:[0-9]*"

expect "-d publishes" "$(ask -H 'Content-Type: application/json' -d '{"hello": "world"}' "$url/publish")" \
  '{"seq":1,"cursor":"*-1"}'
expect "-d without a type is told which there are" "$(ask -d 'hello' "$url/publish")" \
  '{"title":"Unsupported Media Type","status":415,*}'
expect "a poll prints JSON" "$(ask "$url/poll?since=0")" \
  '{"cursor":"*-1","updates":[[]{"seq":1,"t":*,"data":{"hello":"world"}}]}'
expect "a long poll prints JSON" "$(ask "$url/longpoll?since=0")" '{"cursor":"*-1","updates":[[]{"seq":1,*}]}'
expect "-I prints the head of a poll" "$(ask -I "$url/poll" | tr -d '\r')" "HTTP/1.1 200 OK*ETag: \"*-1\"*"
expect "-I prints the head of the stream" "$(ask -I "$url/events" | tr -d '\r')" \
  "HTTP/1.1 200 OK*Content-Type: text/event-stream*"
expect "If-None-Match is answered with 304" \
  "$(ask -o /dev/null -w '%{http_code}' -H "If-None-Match: $(ask -I "$url/poll" | tr -d '\r' | sed -n 's/^ETag: //p')" "$url/poll")" 304

# The stream is read line by line; the update is published only when the opening has arrived.
ask -N "$url/events" >"$directory/stream" &
curl=$!
exec 4<"$directory/stream"
opening=
while read -r line <&4 && [ -n "$line" ]; do opening=$opening$line$newline; done
expect "-N prints the opening of the stream" "$opening" "retry: 1000${newline}id: *-1${newline}"
ask -o /dev/null -H 'Content-Type: text/plain' -d 'now' "$url/publish"
event=
while read -r line <&4 && [ -n "$line" ]; do event=$event$line$newline; done
expect "-N prints an event when it happens" "$event" "id: *-2${newline}data: {\"seq\":2,\"t\":*,\"data\":\"now\"}${newline}"

kill -TERM "$server"
while read -r line <&4; do :; done
wait "$curl"
expect "-N ends well when the server drains" $? 0
wait "$server"
expect "SIGTERM ends the server with 0" $? 0
server=
wait "$reader"
[ "$number" -eq 12 ]
