"""What every face may call. Each function opens what it needs, does one thing, and closes it again."""

from autoexp.api.campaigns import check, request, run
from autoexp.api.contracts import Place, contract_of, spec_schema
from autoexp.api.files import diffs, export, now, plugins_found, write_exports, write_page
from autoexp.api.looking import Inspection, diff, inspect, rows, show, status, status_of
from autoexp.api.starting import Answers, init, init_lab
from autoexp.campaign.rows import primary_of
from autoexp.engine.session import Result
from autoexp.engine.workshop import Contract, Observer

__all__ = [
    "Answers",
    "Contract",
    "Inspection",
    "Observer",
    "Place",
    "Result",
    "check",
    "contract_of",
    "diff",
    "diffs",
    "export",
    "init",
    "init_lab",
    "inspect",
    "now",
    "plugins_found",
    "primary_of",
    "request",
    "rows",
    "run",
    "show",
    "spec_schema",
    "status",
    "status_of",
    "write_exports",
    "write_page",
]
