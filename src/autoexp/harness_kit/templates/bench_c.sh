#!/bin/sh
# Builds bench.c twice, with the candidate's function and with the reference, and lets them answer the same calls.
# harness.measure: "sh bench_c.sh"
set -eu

CANDIDATE=""  # yours: "solve.c", which defines: static double solve(const double *values, size_t count)
GENERATE="awk 'BEGIN { srand(ENVIRON[\"AUTOEXP_SEED\"] + 7919 * ARGV[1] + 1); printf \"[[0.5\"; for (n = 0; n < 20000; n++) printf \",%.9f\", rand(); print \"]]\" }'"

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
kit="python3 -m autoexp.harness_kit"
${CC:-cc} -O2 -o "$built/reference" bench.c
$kit apart -- ${CC:-cc} -O2 ${CANDIDATE:+-DCANDIDATE="\"$CANDIDATE\""} -I. -o "$built/candidate" bench.c
$kit call --generate "$GENERATE" --reference "$built/reference" --tolerance 1e-9 \
    --repetitions 10 --warmup 1 --timeout 30 --report latency_ms=wall_ms -- "$built/candidate"
