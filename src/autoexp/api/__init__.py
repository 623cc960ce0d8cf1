"""What every face may call. Each function opens what it needs, does one thing, and closes it again.

A name loads its part on first use: who looks at a campaign does not pay for running one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autoexp.api.agents import DryRun, Surveyed, agents, dry_run
    from autoexp.api.applying import ApplyWish, Brought, apply
    from autoexp.api.bundling import Imported, export_bundle, import_bundle
    from autoexp.api.campaigns import check, request, review, run
    from autoexp.api.confirming import confirm
    from autoexp.api.contracts import brief_schema, contract_of, spec_schema
    from autoexp.api.deleting import Deletion, delete_campaign, deletion
    from autoexp.api.detaching import Detached, announcing, detach
    from autoexp.api.files import diffs, export, now, plugins_found, write_exports, write_page
    from autoexp.api.harnesses import HARNESS_METRIC, HARNESS_UNIT, measure_of
    from autoexp.api.looking import Inspection, brief, diff, inspect, rows, rows_of, show, status, status_of
    from autoexp.api.places import Place
    from autoexp.api.repairing import repair
    from autoexp.api.starting import (
        Answers,
        Draft,
        Seen,
        Started,
        contract_text,
        doubts_on,
        draft,
        init,
        init_lab,
        refuse_existing,
        refuse_incomplete,
        take_over,
        tried,
        untried,
    )
    from autoexp.api.suggesting import clear_hints, drop_idea, hint, idea, ideas
    from autoexp.api.trying_tree import Verdict, try_tree
    from autoexp.campaign.rows import primary_of
    from autoexp.engine.confirming.session import Confirmed
    from autoexp.engine.confirming.trees import Wish
    from autoexp.engine.contract import Contract
    from autoexp.engine.doctor import Diagnosis, examine
    from autoexp.engine.restoring.findings import Repaired
    from autoexp.engine.session import Result
    from autoexp.engine.watching import Observer

__all__ = [
    "HARNESS_METRIC",
    "HARNESS_UNIT",
    "Answers",
    "ApplyWish",
    "Brought",
    "Confirmed",
    "Contract",
    "Deletion",
    "Detached",
    "Diagnosis",
    "Draft",
    "DryRun",
    "Imported",
    "Inspection",
    "Observer",
    "Place",
    "Repaired",
    "Result",
    "Seen",
    "Started",
    "Surveyed",
    "Verdict",
    "Wish",
    "agents",
    "announcing",
    "apply",
    "brief",
    "brief_schema",
    "check",
    "clear_hints",
    "confirm",
    "contract_of",
    "contract_text",
    "delete_campaign",
    "deletion",
    "detach",
    "diff",
    "diffs",
    "doubts_on",
    "draft",
    "drop_idea",
    "dry_run",
    "examine",
    "export",
    "export_bundle",
    "hint",
    "idea",
    "ideas",
    "import_bundle",
    "init",
    "init_lab",
    "inspect",
    "measure_of",
    "now",
    "plugins_found",
    "primary_of",
    "refuse_existing",
    "refuse_incomplete",
    "repair",
    "request",
    "review",
    "rows",
    "rows_of",
    "run",
    "show",
    "spec_schema",
    "status",
    "status_of",
    "take_over",
    "tried",
    "try_tree",
    "untried",
    "write_exports",
    "write_page",
]

_HOMES = {
    "autoexp.api.agents": ("DryRun", "Surveyed", "agents", "dry_run"),
    "autoexp.api.applying": ("ApplyWish", "Brought", "apply"),
    "autoexp.api.bundling": ("Imported", "export_bundle", "import_bundle"),
    "autoexp.api.campaigns": ("check", "request", "review", "run"),
    "autoexp.api.confirming": ("confirm",),
    "autoexp.api.contracts": ("brief_schema", "contract_of", "spec_schema"),
    "autoexp.api.deleting": ("Deletion", "delete_campaign", "deletion"),
    "autoexp.api.detaching": ("Detached", "announcing", "detach"),
    "autoexp.api.files": ("diffs", "export", "now", "plugins_found", "write_exports", "write_page"),
    "autoexp.api.harnesses": ("HARNESS_METRIC", "HARNESS_UNIT", "measure_of"),
    "autoexp.api.looking": ("Inspection", "brief", "diff", "inspect", "rows", "rows_of", "show", "status", "status_of"),
    "autoexp.api.places": ("Place",),
    "autoexp.api.repairing": ("repair",),
    "autoexp.api.starting": (
        *("Answers", "Draft", "Seen", "Started", "contract_text", "doubts_on", "draft", "init", "init_lab"),
        *("refuse_existing", "refuse_incomplete", "take_over", "tried", "untried"),
    ),
    "autoexp.api.suggesting": ("clear_hints", "drop_idea", "hint", "idea", "ideas"),
    "autoexp.api.trying_tree": ("Verdict", "try_tree"),
    "autoexp.campaign.rows": ("primary_of",),
    "autoexp.engine.confirming.session": ("Confirmed",),
    "autoexp.engine.confirming.trees": ("Wish",),
    "autoexp.engine.contract": ("Contract",),
    "autoexp.engine.doctor": ("Diagnosis", "examine"),
    "autoexp.engine.restoring.findings": ("Repaired",),
    "autoexp.engine.session": ("Result",),
    "autoexp.engine.watching": ("Observer",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
