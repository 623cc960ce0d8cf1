"""The replaceable parts that a spec names, built from plugins."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import ValidationError

from autoexp import plugins
from autoexp.engine.contract import Contract
from autoexp.errors import AutoexpError, ContractError, Problem
from autoexp.ports import Proposer, Strategy
from autoexp.spec.load import place_of
from autoexp.spec.model import Spec
from autoexp.spec.sections import PluginSection


def proposer(contract: Contract, environ: Mapping[str, str], stop: Callable[[], bool]) -> Proposer:
    """Build the proposer. Raises ContractError when its keys are wrong, or when there is none."""
    section = contract.spec.proposer
    if section is None:
        raise ContractError(
            [
                Problem(
                    "autoexp.yaml",
                    None,
                    "proposer",
                    "nobody proposes changes",
                    "add a proposer, for example {kind: command, command: ./propose.sh}",
                )
            ]
        )
    plugin, options = _validated("proposer", section, contract)
    return cast("Proposer", plugin(options, folder=contract.folder, environ=environ, stop=stop))


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
        problems = [
            Problem(
                "autoexp.yaml",
                place_of(text, (name, *detail["loc"])),
                ".".join([name, *(str(part) for part in detail["loc"])]),
                "unknown key" if detail["type"] == "extra_forbidden" else detail["msg"].removeprefix("Value error, "),
                f"keys of {section.kind}: {', '.join(_keys(model))}" if detail["type"] == "extra_forbidden" else "",
            )
            for detail in error.errors(include_url=False)
        ]
        raise ContractError(problems) from None


def _keys(model: Any) -> list[str]:
    return sorted(field.alias or name for name, field in model.model_fields.items())


def sandbox_levels(spec: Spec) -> dict[str, str]:
    """Give the level that each side really runs at. Until sandboxes are built that is none."""
    del spec
    return {"proposer": "none", "harness": "none"}


def sandbox_notice(spec: Spec) -> str:
    """Say what auto fell to; empty when the spec asked for none itself."""
    sides = [side for side in ("proposer", "harness") if getattr(spec.sandbox, side).level == "auto"]
    if not sides:
        return ""
    return f"sandbox: {' and '.join(sides)} at level auto fell to none: commands run with your own rights"
