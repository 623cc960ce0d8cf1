#!/bin/sh
# Times a command that reads stdin and writes stdout, in any language.   harness.measure: "sh bench.sh"
# Keep this file out of scope.edit, and what the reference needs, too.
set -eu

CANDIDATE="sort -n"  # yours: "sh solve.sh", "./build/solve", "go run ./solve"
REFERENCE="sort -n"  # a trusted command that gives the right answer; or --inputs 'cases/*.in' --expected .out
GENERATE="awk 'BEGIN { srand(ENVIRON[\"AUTOEXP_SEED\"] + 7919 * ARGV[1] + 1); for (n = 0; n < 20000; n++) print int(rand() * 1e9) }'"

# A build of the candidate's files runs apart from the report:
# python3 -m autoexp.harness_kit apart -- make build/solve

exec python3 -m autoexp.harness_kit run --generate "$GENERATE" --reference "$REFERENCE" \
    --repetitions 10 --warmup 1 --timeout 30 --report latency_ms=wall_ms -- $CANDIDATE
