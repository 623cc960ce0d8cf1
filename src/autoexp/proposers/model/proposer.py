"""Asks a model for a change, and makes it in the workspace. Usage and price come from its provider, never from its answer."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autoexp.campaign.views import Brief
from autoexp.errors import AutoexpError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Offer, Proposal, Reserve, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft, ProposerFailed
from autoexp.processes.masking import mask
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.model.client import Reply, ask, estimate, ready
from autoexp.proposers.model.hypotheses import changed, described, fits, made
from autoexp.proposers.model.options import ModelOptions, endpoint_of
from autoexp.proposers.model.prompt import letters, messages
from autoexp.proposers.model.protocol import Answer, Unusable, read
from autoexp.proposers.model.sources import (
    LETTERS_PER_TOKEN,
    files_at,
    files_matching,
    refuse_too_long,
    refuse_unread,
    write_changes,
)

ANSWER, REQUEST = "proposer.out", "proposer.request.md"
WRITTEN = 2_000
"""Tokens that a model writes for one proposal, before anything is known of it."""


class ModelProposer:
    """One request for each experiment, or for several: an answer with many hypotheses is tried in turn before the next one."""

    Options = ModelOptions

    def __init__(
        self,
        options: ModelOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> None:
        """Take the options. Raises AutoexpError when the extra `models` is not installed, or the variable that should hold the key is not set."""
        del cell  # it starts no command that a sandbox could hold
        ready()
        self._folder = folder.absolute()
        self.repairs = options.repair
        self.patience_s = options.patience_s
        self._options = options
        self._endpoint = endpoint_of(options, environ)
        self._stop = stop
        self._seen: tuple[tuple[str, tuple[str, ...]], Mapping[str, bytes]] | None = None

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Make the next change. Raises NothingLeft, ProposerFailed, Unavailable, or AccessRefused, also when the code is too long."""
        files = files_matching(desk.workspace, brief.scope)

        def make(edits: str) -> bool:
            """Make edits in the workspace, and tell whether they change anything. Raises Unusable, and leaves nothing of them then."""
            found = changed(edits, files, brief.scope)
            refuse_unread(found, files, desk.workspace)
            try:
                write_changes(found, desk.workspace)
            except Unusable:
                if desk.fresh is not None:
                    desk.fresh()
                raise
            return bool(found)

        if brief.repair is None and brief.offers:
            paid = self._paid(brief.offers, make)
            if paid is not None:
                return paid
        dropped = tuple(offer.rank for offer in brief.offers) if brief.repair is None else ()
        reply = self._ask(brief, files, desk)
        said = Proposal(
            tokens=reply.tokens,
            cost_usd=reply.cost_usd,
            cost_source=reply.cost_source,
            requests=1,
            proposer=self._options.model,
            model=reply.model or self._options.model,
        )
        answer = _read(reply, said, several=self._several(brief))
        try:
            return made(answer, said, make, dropped=dropped)
        except OSError as error:  # the disk failed; what the answer cost is told all the same
            raise ProposerFailed(
                f"the change cannot be written: {error}", said=said, outcome=Outcome.INFRA_ERROR
            ) from error

    def estimate(self, brief: Brief) -> Reserve:
        """Tell what the next proposal will probably use: nothing when one that is paid for fits, else one request with the code of the best so far."""
        code = self._code(brief)
        if brief.repair is None and any(fits(offer, code, brief.scope) for offer in brief.offers):
            return Reserve(cost_usd=0.0, tokens=0, requests=0)
        several = self._several(brief)
        request = messages(brief, {}, {}, several=several)
        read_tokens = (letters(request) + sum(len(content) for content in code.values())) // LETTERS_PER_TOKEN
        written = self._options.max_output or several * WRITTEN
        usd = estimate(self._endpoint, read_tokens, written)
        return Reserve(cost_usd=usd, tokens=read_tokens + written, requests=1)

    def _code(self, brief: Brief) -> Mapping[str, bytes]:
        """Give the files that a request would hold, read once for each best so far."""
        asked = (brief.incumbent_commit, (*brief.scope, *self._options.show))
        if self._seen is None or self._seen[0] != asked:
            self._seen = (asked, files_at(self._folder, *asked))
        return self._seen[1]

    def _several(self, brief: Brief) -> int:
        return 1 if brief.repair is not None else self._options.several

    def _ask(self, brief: Brief, files: Mapping[str, bytes], desk: Desk) -> Reply:
        shown = files_matching(desk.workspace, self._options.show) if self._options.show else {}
        shown = {path: content for path, content in shown.items() if path not in files}
        try:
            refuse_too_long({**files, **shown}, self._options.context)
        except AutoexpError as too_long:
            raise AccessRefused(too_long.what, fix=too_long.fix) from None
        last = _last_answer(desk.output) if brief.repair is not None and brief.repair.outcome in _UNREAD else ""
        request = messages(brief, files, shown, several=self._several(brief), last_answer=last)
        secrets = (self._endpoint.key,) if self._endpoint.key else ()
        desk.output.mkdir(parents=True, exist_ok=True)
        asked = "\n\n".join(f"<!-- {message.role} -->\n{message.text}" for message in request)
        (desk.output / REQUEST).write_bytes(mask(asked, secrets).encode("utf-8", "replace"))
        reply = ask(self._endpoint, request, stop=self._stop)
        reply = replace(reply, text=mask(reply.text, secrets))
        with suppress(OSError):  # an answer that was paid for counts, also where no copy of it can be kept
            (desk.output / ANSWER).write_bytes(reply.text.encode("utf-8", "replace"))
        return reply

    def _paid(self, offers: tuple[Offer, ...], make: Callable[[str], bool]) -> Proposal | None:
        """Make the best of the hypotheses that are paid for and still fit; None when none of them does."""
        dropped: list[int] = []
        for offer in offers:
            try:
                is_made = make(offer.edits)
            except Unusable:
                is_made = False
            if is_made:
                free = Proposal(tokens=Tokens(input=0, cached=0, output=0), cost_usd=0.0, requests=0)
                return described(free, offer, dropped=tuple(dropped)).model_copy(
                    update={"proposer": self._options.model, "model": self._options.model}
                )
            dropped.append(offer.rank)
        return None


_UNREAD = frozenset({Outcome.PROPOSER_ERROR, Outcome.OUT_OF_SCOPE})


def _read(reply: Reply, said: Proposal, *, several: int) -> Answer:
    """Read an answer. Raises NothingLeft when the model says so, ProposerFailed when nothing can be made of it."""
    try:
        answer = _usable(reply, several=several)
    except Unusable as unusable:
        raise ProposerFailed(f"the answer cannot be used: {unusable}", said=said, mendable=True) from None
    if answer.nothing_left and not answer.offers:
        raise NothingLeft(answer.nothing_left, said=said.model_copy(update={"ideas": answer.ideas}))
    return answer


def _usable(reply: Reply, *, several: int) -> Answer:
    """Read an answer. Of one that was cut off, the last hypothesis is not believed to be whole. Raises Unusable."""
    if reply.finish == "refusal":
        raise Unusable("the model refused to answer")
    cut = "it ends in the middle, for the longest output was reached (proposer.max_output)"
    if reply.finish == "length" and several == 1:
        raise Unusable(cut)
    answer = read(reply.text, several=several)
    if reply.finish != "length":
        return answer
    if len(answer.offers) <= 1:
        raise Unusable(cut)
    return replace(answer, offers=answer.offers[:-1])


def _last_answer(output: Path) -> str:
    """Give the answer before this one: the engine has put its files aside."""
    found = sorted(output.glob(f"try-*/{ANSWER}"), key=lambda path: int(path.parent.name.removeprefix("try-")))
    return found[-1].read_text(encoding="utf-8", errors="replace") if found else ""
