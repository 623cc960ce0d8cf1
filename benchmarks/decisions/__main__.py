"""Simulated campaigns: our presets against the field's rules, on the same proposals and machines.

    python benchmarks/decisions [--campaigns 100] [--rules presets field] [--noises 2% 5%] [--json FILE] [--check]

Prints a row for each noise and rule. Rules are named one by one or by group (presets, variants, field, all); without any it
is the standard preset against the field. The seeds are those that rules are tuned on; `--seeds final` is for the final table, and for nothing else. `--check` compares the standard
preset with what it has to reach, and exits with 1 if something falls short.
"""

import argparse
import json
import sys
from pathlib import Path

if str(Path(__file__).parent) not in sys.path:  # run as `python -m benchmarks.decisions`
    sys.path.insert(0, str(Path(__file__).parent))

from acceptance import shortfalls
from rules import GROUPS, RULES, named
from table import as_json, as_markdown, as_text, played
from world import FINAL, NOISES, TUNING

SEEDS = {"tuning": TUNING, "final": FINAL}


def main() -> int:
    """Play, print, and check if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=100, help="of each kind; as many again without improvements")
    parser.add_argument(
        "--rules", nargs="+", default=["standard", "declared", "field"], choices=[*GROUPS, *RULES], metavar="RULE"
    )
    parser.add_argument("--noises", nargs="+", default=list(NOISES), choices=NOISES, metavar="NOISE")
    parser.add_argument("--seeds", choices=SEEDS, default="tuning")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the standard preset falls short")
    options = parser.parse_args()
    rules, noises = named(options.rules), list(dict.fromkeys(options.noises))
    rows = played(rules, noises, campaigns=options.campaigns, first_seed=SEEDS[options.seeds])
    print(f"{options.campaigns} campaigns of each kind, {options.seeds} seeds\n\n{as_text(rows)}")
    if options.json:
        facts = {"seeds": options.seeds, "campaigns": options.campaigns, "rows": as_json(rows)}
        options.json.write_text(json.dumps(facts, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(as_markdown(rows))
    short = shortfalls(rows) if options.check else []
    print("".join(f"\nfalls short: {words}" for words in short), end="\n" * bool(short))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
