#!/bin/sh
# A nightly benchmark with kbench, from cron or any CI: measures, compares with the last good night, tells the trend, keeps what is needed.
#
#   17 2 * * *  cd /srv/benchmarks && BOOTSTRAP=broker1:9092 MAILTO_REGRESSION=team@example.org ./nightly.sh
#
# Settings (environment):
#   SWEEP      the sweep's YAML                         benchmarks/nightly.yaml
#   BOOTSTRAP  brokers; empty: the target of the YAML
#   STATE      folder for history, results, reports     .kbench
#   KEEP       results folders that are kept            30
#   KBENCH     how kbench is called                     npx kbench
#   MAILTO_REGRESSION  address for mail on a regression (needs mail(1)); empty: none
#   ACCEPT     1: this night becomes the reference whatever the comparison says
#
# Exit codes: 0 all is well; 99 a threshold, the comparison or the trend found a regression; 75 another night is under way; else kbench's own.
set -eu

SWEEP=${SWEEP:-benchmarks/nightly.yaml}
BOOTSTRAP=${BOOTSTRAP:-}
STATE=${STATE:-.kbench}
KEEP=${KEEP:-30}
KBENCH=${KBENCH:-npx kbench}
MAILTO_REGRESSION=${MAILTO_REGRESSION:-}
ACCEPT=${ACCEPT:-}

mkdir -p "$STATE/results" "$STATE/report"

# One at a time: making a folder either succeeds or does not. A lock whose process is gone is taken over.
lock=$STATE/lock
if ! mkdir "$lock" 2> /dev/null; then
  holder=$(cat "$lock/pid" 2> /dev/null || true)
  if [ -n "$holder" ] && kill -0 "$holder" 2> /dev/null; then
    echo "nightly: process $holder is at it already" >&2
    exit 75
  fi
  rm -rf "$lock"
  mkdir "$lock"
fi
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT TERM HUP
echo $$ > "$lock/pid"

# KBENCH may be several words.
kbench() {
  # shellcheck disable=SC2086
  $KBENCH "$@"
}

failed=''
# gate NAME COMMAND...: 99 is remembered, so that every report is made; any other failure ends the night.
gate() {
  name=$1
  shift
  status=0
  "$@" || status=$?
  case $status in
    0) ;;
    99) failed="$failed $name" ;;
    *)
      echo "nightly: $name ended with exit code $status" >&2
      exit "$status"
      ;;
  esac
}

rm -rf "$STATE/new" "$STATE/report"/*
if [ -n "$BOOTSTRAP" ]; then set -- --bootstrap "$BOOTSTRAP"; else set --; fi
gate thresholds kbench run "$SWEEP" "$@" --out "$STATE/new" --quiet > "$STATE/report/run.txt"
cat "$STATE/report/run.txt"

# OUT/<name>/<time>-<id>, the only one there.
for new in "$STATE"/new/*/*/; do :; done
night=$(basename "$new")
rm -rf "$STATE/results/$night"
mv "$new" "$STATE/results/$night"
rm -rf "$STATE/new"
new=$STATE/results/$night
rm -rf "$STATE/latest"
cp -R "$new" "$STATE/latest"

if [ -d "$STATE/reference" ]; then
  gate comparison kbench compare "$STATE/reference" "$new" --fail-on regression --format text > "$STATE/report/compare.txt"
  cat "$STATE/report/compare.txt"
fi
compared=$failed

history=$STATE/history.jsonl
kbench trend --add "$new" --history "$history" --format html --out "$STATE/report/trend.html"
gate trend kbench trend "$history" --fail-on regression > "$STATE/report/trend.txt"
cat "$STATE/report/trend.txt"

if [ -z "$compared" ] || [ "$ACCEPT" = 1 ]; then
  rm -rf "$STATE/reference.new"
  cp -R "$new" "$STATE/reference.new"
  rm -rf "$STATE/reference"
  mv "$STATE/reference.new" "$STATE/reference"
fi

# The history has every night; the results folders are for looking closer.
count=$(ls -1 "$STATE/results" | wc -l)
ls -1 "$STATE/results" | sort | while IFS= read -r old; do
  if [ "$count" -le "$KEEP" ]; then break; fi
  rm -rf "$STATE/results/$old"
  count=$((count - 1))
done

if [ -z "$failed" ] || [ "$ACCEPT" = 1 ]; then exit 0; fi
echo "nightly: regression, found by:$failed (reports in $STATE/report)" >&2
if [ -n "$MAILTO_REGRESSION" ]; then
  cat "$STATE"/report/*.txt | mail -s "Benchmark regression, found by:$failed" "$MAILTO_REGRESSION"
fi
exit 99
