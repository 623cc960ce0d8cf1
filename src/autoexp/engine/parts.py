"""The replaceable parts that a spec names, built from plugins."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from autoexp import plugins
from autoexp.engine.contract import Contract
from autoexp.errors import AutoexpError, ContractError, Problem
from autoexp.ports import Proposer, Strategy
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec.document import Location, dotted
from autoexp.spec.load import place_of
from autoexp.spec.model import Spec
from autoexp.spec.sections import PluginSection
from autoexp.spec.wording import text_of


def proposer(contract: Contract, environ: Mapping[str, str], stop: Callable[[], bool], cell: Cell) -> Proposer:
    """Build the proposer. Raises ContractError when its keys are wrong, or when there is none."""
    plugin, options = _validated("proposer", refuse_without_proposer(contract), contract)
    return cast("Proposer", plugin(options, folder=contract.folder, environ=environ, stop=stop, cell=cell))


def hosts(contract: Contract) -> tuple[str, ...]:
    """Give the places that the proposer has to reach, for a contract that does not name them. Raises ContractError when its keys are wrong."""
    plugin, options = _validated("proposer", refuse_without_proposer(contract), contract)
    ask = getattr(plugin, "hosts", None)
    return tuple(ask(options)) if ask is not None else ()


def refuse_without_proposer(contract: Contract) -> PluginSection:
    """Give the proposer's section. Raises ContractError when there is none."""
    if contract.spec.proposer is None:
        fix = "add a proposer, for example {kind: command, command: ./propose.sh}"
        raise ContractError([Problem("autoexp.yaml", None, "proposer", "nobody proposes changes", fix)])
    return contract.spec.proposer


def strategy(spec: Spec) -> Strategy:
    """Build the strategy."""
    plugin, options = _validated("strategy", spec.strategy, None)
    return cast("Strategy", plugin(options))


def plugin_problems(contract: Contract) -> list[Problem]:
    """Check the keys that plugins validate, without building anything."""
    problems: list[Problem] = []
    for name in ("proposer", "strategy", "executor"):
        section = getattr(contract.spec, name)
        if section is None:
            continue
        try:
            _validated(name, section, contract)
        except ContractError as error:
            problems.extend(error.problems)
        except AutoexpError as error:
            line = place_of(contract.spec_text, (name, "kind"))
            problems.append(Problem("autoexp.yaml", line, f"{name}.kind", error.what, error.fix))
    return problems


_GROUPS = {"proposer": "autoexp.proposers", "strategy": "autoexp.strategies", "executor": "autoexp.executors"}


def _validated(name: str, section: PluginSection, contract: Contract | None) -> tuple[Any, Any]:
    plugin: Any = plugins.find(_GROUPS[name], section.kind)
    model = getattr(plugin, "Options", None)
    if model is None:
        return plugin, section.options
    try:
        return plugin, model.model_validate(section.options)
    except ValidationError as error:
        text = contract.spec_text if contract else ""
        places: dict[Location, list[tuple[str, str]]] = {}
        for detail in error.errors(include_url=False):
            place = _place(detail["loc"], section.options)
            places.setdefault(place, []).append(text_of(detail, place, model, prefix=(name,)))
        raise ContractError([_problem(name, place, several, text) for place, several in places.items()]) from None


_TRIED = re.compile(r"(?:str|int|float|bool|none|list|tuple|dict|constrained|function|literal|nullable)\b.*")
"""What pydantic puts into a place for the form of a value that it tried."""


def _place(location: Location, options: Any) -> Location:
    """Give a place without the forms that were tried."""
    kept: list[str | int] = []
    node = options
    for part in location:
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if inside or isinstance(part, int) or not _TRIED.fullmatch(part):
            kept.append(part)
            node = node[part] if inside else None
    return tuple(kept)


def _problem(name: str, place: Location, several: Sequence[tuple[str, str]], text: str) -> Problem:
    messages = "; or ".join(dict.fromkeys(message for message, _ in several))
    fix = next((fix for _, fix in several if fix), "")
    return Problem("autoexp.yaml", place_of(text, (name, *place)), dotted((name, *place)), messages, fix)


def secret_values(spec: Spec, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the values that `env_from` and `api_key_env` of harness and proposers name: no candidate may hold one of them."""
    names = [*spec.harness.env_from, *(_secret_names(spec.proposer.options) if spec.proposer else ())]
    return tuple(environ[name] for name in names if name in environ)


def _secret_names(options: Mapping[str, Any]) -> Iterator[str]:
    """Give the names of variables that hold secrets of a proposer, and of those that it chooses among."""
    for key in ("env_from", "api_key_env"):
        named = options.get(key, ())
        yield from (name for name in ([named] if isinstance(named, str) else named or ()) if isinstance(name, str))
    among = options.get("among", ())
    for member in among if isinstance(among, list | tuple) else ():
        if isinstance(member, Mapping):
            yield from _secret_names(member)
