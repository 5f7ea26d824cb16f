#!/usr/bin/env bash
# Runs every command of a page, quickstart.md unless another is named, in order and in one shell, against a
# demonstration of its own in a temporary folder, and compares what the page expects
# (<!-- expect: REGULAR EXPRESSION --> below a block) with what comes out. The block
# marked <!-- server --> is started in the background. Needs Go, curl and jq.
set -euo pipefail
cd "$(dirname "$0")/.."
page="${1:-quickstart.md}"

scratch="$(mktemp -d)"
port=$((18000 + RANDOM % 2000))
export VETGRAPH_DATA="$scratch/data" VETGRAPH_LISTEN="127.0.0.1:$port" VETGRAPH_SUBGRAPH_LISTEN="" VETGRAPH_ADMIN_LISTEN=""
server=""

stop() {
  [ -n "$server" ] || return 0
  kill -INT -- "-$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=""
}
trap 'stop; kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

start() { # start COMMANDS-FILE: runs it in a process group of its own and waits until it serves
  local from now
  from=$(date +%s%N)
  set -m
  bash "$1" >"$scratch/server.log" 2>&1 &
  server=$!
  set +m
  until curl -fs -o "$scratch/ready" "http://127.0.0.1:$port/readyz"; do
    kill -0 "$server" 2>/dev/null || { cat "$scratch/server.log"; echo "the hub has ended"; return 1; }
    now=$(date +%s%N)
    [ $(((now - from) / 1000000000)) -lt 120 ] || { cat "$scratch/server.log"; echo "the hub is not ready after 120 s"; return 1; }
    sleep 0.05
  done
  now=$(date +%s%N)
  printf '   ready after %d.%02d s\n' $(((now - from) / 1000000000)) $(((now - from) / 10000000 % 100))
}

# Each block becomes NN.sh with its expectations in NN.expect.
awk -v dir="$scratch" '
  /^<!-- server -->$/ { server = 1; next }
  /^```sh$/ { n++; name = sprintf("%s/%02d", dir, n); printf "" > (name ".expect"); print FNR > (name ".line"); if (server) print "" > (name ".server"); server = 0; inside = 1; next }
  /^```$/ { inside = 0; next }
  inside { print > (name ".sh"); next }
  /^<!-- expect: .* -->$/ { sub(/^<!-- expect: /, ""); sub(/ -->$/, ""); print > (name ".expect") }
' "docs/$page"
sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/g" "$scratch"/*.sh

go run ./server/vetgraph version # compiled now, so that the time to start is not the time to compile
for block in "$scratch"/*.sh; do
  name="${block%.sh}"
  printf '   %s:%s  %s\n' "$page" "$(cat "$name.line")" "$(head -1 "$block" | cut -c1-90)"
  if [ -e "$name.server" ]; then
    start "$block"
    first="$block"
    continue
  fi
  # shellcheck disable=SC1090
  source "$block" >"$name.out" 2>&1 || { cat "$name.out"; echo "this block failed"; exit 1; }
  while IFS= read -r pattern; do
    grep -Eq -- "$pattern" "$name.out" || { cat "$name.out"; echo "not as the page says: $pattern"; exit 1; }
  done <"$name.expect"
done

[ "$page" = quickstart.md ] || exit 0
echo "   a second start finds its data:"
stop
start "$first"
ask veteran 'query($id: ID!) { case(id: $id) { state } }' "{\"id\": \"$CASE\"}" | grep -q COMPLETED || { echo "the case is not there after a restart"; exit 1; }
