"""What the commits say that are made to bring kept changes into a branch: what it is, what it brought, and where it is from."""

from collections.abc import Iterator, Sequence

from autoexp.campaign import confirming
from autoexp.campaign.members import Keep
from autoexp.campaign.state import CampaignState
from autoexp.engine.applying.choosing import is_taken_out
from autoexp.experiment.confirmation import Ablation
from autoexp.workspaces.history import ORIGIN

_LONGEST = 200


def message_of_copy(state: CampaignState, keep: Keep, branch: str) -> str:
    """Give the message of one kept change that was put on a branch by a merge."""
    return (
        f"experiment {keep.n}: {described(state, keep.n)}\n\n"
        f"Kept by autoexp in the campaign {state.tag}: {effect_of(state, keep.n)}.\n"
        f"Put on {branch} by a three-way merge, and not measured there.\n\n"
        f"{_origin(state, [keep])}"
    )


def message_of_squash(state: CampaignState, keeps: Sequence[Keep], branch: str, *, measured: int | None) -> str:
    """Give the message of one commit that holds several kept changes; `measured` is the experiment with the same tree, None for none."""
    lines = "".join(f"- {keep.n}: {described(state, keep.n)} ({effect_of(state, keep.n)})\n" for keep in keeps)
    many = "s" if len(keeps) != 1 else ""
    if measured is None:
        how = f"This tree was put together for {branch} by three-way merges and not measured: whether it gains that is not known."
    elif measured != state.incumbent.n:
        how = f"This is the tree of experiment {measured}, and not the best: that gain is not its own."
    else:
        how = "This tree was measured as it is."
    subject = f"autoexp {state.tag}: {len(keeps)} kept change{many}"
    return f"{subject}\n\n{gained(state)}\n{how}\n\n{lines}\n{_origin(state, keeps)}"


def described(state: CampaignState, n: int) -> str:
    """Say in one line what an experiment changed."""
    found = state.experiments.numbered(n)
    text = " ".join(found.description.split()) if found is not None else ""
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") or "no description"


def effect_of(state: CampaignState, n: int) -> str:
    """Say what an experiment brought: what a confirmation says of it, or else what its own runs said."""
    for one in _ablated(state, n):
        if one.n == n and one.interval is not None:
            return f"{one.interval.gain:+.1%} by an ablation, {one.support}"
    found = state.experiments.numbered(n)
    effect = found.decision.effect if found is not None and found.decision is not None else None
    return "no effect on record" if effect is None else f"{effect:+.1%} in-loop"


def _ablated(state: CampaignState, n: int) -> Iterator[Ablation]:
    """Give what a confirmation said of leaving an experiment out; of one that was taken out since, what was said before."""
    yield from confirming.ablations(state)
    if is_taken_out(state, n) and state.ablation is not None and state.ablation.ended is not None:
        yield from state.ablation.ended.ablations


def gained(state: CampaignState) -> str:
    """Say in a sentence what the whole campaign gained."""
    known = confirming.as_data(state)["confirmed_gain"]
    if known is None:
        return f"The campaign's gain is {state.gain:+.1%} in-loop, which is too high on average; it is not confirmed."
    return f"The campaign's gain is {known['gain']:+.1%} ({known['low']:+.1%} to {known['high']:+.1%}), confirmed on fresh runs."


def _origin(state: CampaignState, keeps: Sequence[Keep]) -> str:
    named = "".join(f"Autoexp-Experiment: {state.tag}/{keep.n}\n" for keep in keeps)
    return named + "".join(f"{ORIGIN}: {keep.commit}\n" for keep in keeps)
