#!/bin/sh
# serve beside nbdkit's own memory plug-in: 4 KiB random reads, depth 32, by fio, in turns; and what an idle serve costs.
#   bench/serve.sh [build directory]
set -eu
build=${1:-build}
for program in fio nbdkit; do
  command -v $program >/dev/null || { echo "bench/serve.sh: $program is not installed: apt-get install $program" >&2; exit 2; }
done
place=$(mktemp -d)
"$build/drydock" serve "$build/guest/pvscsi.sys" --plain --socket "$place/drydock" >"$place/log" 2>&1 &
serve=$!
nbdkit --foreground --unix "$place/memory" --threads 32 memory 64M &
memory=$!
trap 'kill -INT $serve; kill $memory; wait $serve $memory 2>/dev/null || true; rm -r "$place"' EXIT
until grep -q 'Ctrl-C ends it' "$place/log" && [ -S "$place/memory" ]; do sleep 0.1; done

worker=$(pgrep -P $serve -x drydock)
ticks() { cut -d' ' -f14,15 "/proc/$worker/stat" | tr ' ' '+' | xargs -I{} sh -c 'echo $(({}))'; }
before=$(ticks); sleep 5; after=$(ticks)
echo "idle: $(( (after - before) * 100 / 5 / $(getconf CLK_TCK) )) % of a core"

reads() {  # a second, through the socket $1
  fio --name=r --ioengine=nbd --uri="nbd+unix:///?socket=$1" --rw=randread --bs=4k --iodepth=32 --size=64M \
    --time_based --runtime=3 --output-format=terse --terse-version=3 2>/dev/null | grep '^3;' | cut -d';' -f8
}
for turn in 1 2 3; do
  m=$(reads "$place/memory"); s=$(reads "$place/drydock")
  echo "turn $turn: memory plug-in $m reads/s, serve $s reads/s: $((s * 100 / m)) %"
done
