"""Where the method does not suit: what a goal, a command or a scope shows of it, and what to do instead. Nothing is refused."""

import re
from collections.abc import Iterator, Sequence

MANY_FILES = 100
SLOW_S = 600.0
_WHOLE = 0.9
_FEW = 20

_SUBJECTIVE = re.compile(
    r"\b(?:beautiful|prettier|nicer(?:[- ]looking)?|more elegant|ugly|aesthetics?|look and feel|looks? better|better[- ]looking|usability|UX|user experience|"
    r"writing style|prose style|tone of voice|catchier|funnier|more (?:fun|engaging|creative|persuasive|pleasant|natural)|"
    r"(?:better|nicer|compose|composing|write|writing) (?:\w+ )?(?:music|songs?|melod(?:y|ies)|prose|poems?|poetry|jokes?|stories|novels?))\b",
    re.IGNORECASE,
)
_JUDGED = re.compile(r"judge|rubric|critic|lighthouse|axe|grader|eval", re.IGNORECASE)
_SLOW_GOAL = re.compile(
    r"\b(?:a/b test|user traffic|live traffic|conversion rates?|click[- ]through rates?|engagement of users|retention|churn)\b",
    re.IGNORECASE,
)
_SLOW_COMMAND = re.compile(
    r"\b(?:kubectl rollout|gh run watch|gh workflow run|vercel deploy|netlify deploy|fly deploy|heroku|serverless deploy|cap deploy)\b|\bdeploy(?:\.sh|\.py)?\b"
)
_WAITS = re.compile(r"\bsleep\s+([0-9]+)(m|h)?\b")
_SAFETY = re.compile(
    r"\b(?:medical devices?|pacemakers?|insulin|infusion pumps?|ventilators?|flight control|avionics|autopilot|air traffic|brak(?:es|ing system)|airbags?|"
    r"nuclear|railway signal\w*|safety[- ]critical|life[- ]support|self[- ]driving)\b",
    re.IGNORECASE,
)
_ACTS = (
    (
        re.compile(r"\bterraform\s+(?:\S+\s+)*?(?:apply|destroy)\b|\bpulumi\s+(?:up|destroy)\b"),
        "changes real infrastructure",
    ),
    (
        re.compile(
            r"\bkubectl\s+(?:\S+\s+)*?(?:apply|delete|create|scale|patch|replace)\b|\bhelm\s+(?:install|upgrade|uninstall)\b"
        ),
        "changes a cluster",
    ),
    (
        re.compile(
            r"(?m:^|[;&|(])\s*(?:sudo\s+)?(?:aws\s+(?!help\b|configure\b)[a-z0-9-]+\s+\S+|gcloud\s+[a-z]\S*|az\s+[a-z]+\s+[a-z]\S*|gsutil\s+\S+)"
        ),
        "acts on a cloud account",
    ),
    (
        re.compile(
            r"\bcurl\b(?![^\n;|&]*(?:localhost|127\.0\.0\.1|\[::1\]))[^\n;|&]*(?:-X\s*|--request[ =])(?:POST|PUT|DELETE|PATCH)\b"
        ),
        "sends a request that changes something",
    ),
    (
        re.compile(
            r"\b(?:psql|mysql|mongosh?|sqlcmd|redis-cli)\b[^\n;|&]*\bprod(?:uction)?\b|\bPROD(?:UCTION)?_(?:DB|DATABASE)\w*"
        ),
        "works on a production database",
    ),
    (re.compile(r"\b(?:sendmail|mailx|mutt|swaks)\b|\bmail\s+-s\b"), "sends mail"),
    (
        re.compile(r"\bgit\s+push\b|\b(?:npm|yarn|pnpm|cargo|poetry)\s+publish\b|\btwine\s+upload\b|\bdocker\s+push\b"),
        "publishes",
    ),
)
_ACTS_IN_GOAL = re.compile(
    r"\bsend(?:s|ing)? (?:\w+ )?(?:e-?mails?|notifications?|newsletters?|messages to)\b|\bcharg(?:e|es|ing) (?:\w+ )?(?:cards?|customers?)\b"
    r"|\b(?:production|live) (?:database|db|systems?|servers?|users?|customers?|traffic)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_COUPLED = re.compile(
    r"\b(?:refactor\w*|re-?architect\w*|new architecture|redesign|restructure|rewrite (?:it |everything |the (?:whole|entire) )|migrat(?:e|ing) (?:\w+ )*?to|across (?:all )?services)\b",
    re.IGNORECASE,
)
_INVENTION = re.compile(
    r"\b(?:invent|design(?:ing)? (?:a|an) (?:new|novel) (?:algorithm|method|architecture)|from scratch)\b",
    re.IGNORECASE,
)


def doubts(
    goal: str, commands: Sequence[str], *, inside: int, tracked: int, sample_s: float | None = None
) -> Iterator[str]:
    """Say what of a campaign this method does not suit, each with the word that tells it and what to do.

    `commands` are the commands and the texts of the scripts that they start, `inside` of `tracked` files are in scope, `sample_s` is what one
    run takes, if that is known.
    """
    yield from _of_goal(goal, commands)
    for text in commands:
        yield from _of_command(_COMMENT.sub("", text))
    if sample_s is not None and sample_s > SLOW_S:
        yield (
            f"one run takes {sample_s / 60:.0f} min, and an experiment takes several: measure a proxy (a subset of the inputs, "
            "a smaller data set, fewer steps), and confirm on the whole afterwards"
        )
    yield from _of_scope(inside, tracked)


def _of_goal(goal: str, commands: Sequence[str]) -> Iterator[str]:
    if (word := _SUBJECTIVE.search(goal)) and not any(_JUDGED.search(text) for text in commands):
        yield f"{word[0]!r} is a matter of taste, which no command measures by itself: let a judge score it by a rubric (docs/judge.md)"
    if word := _SLOW_GOAL.search(goal):
        yield f"{word[0]!r} takes days to show: measure a proxy that answers in minutes, such as a replay of recorded traffic"
    if word := _SAFETY.search(goal):
        yield f"{word[0]!r} may be safety-critical: take what is kept as a suggestion, and let people review and test every change before use"
    if word := _ACTS_IN_GOAL.search(goal):
        yield f"{word[0]!r} cannot be undone: measure on a copy or a stand-in; the sandbox has no network unless the contract opens it"
    if word := _COUPLED.search(goal):
        yield f"{word[0]!r} asks for many changes at once, and an experiment is one small change: split it, or put what belongs together in one file"
    if word := _INVENTION.search(goal):
        yield f"{word[0]!r} asks for an idea more than for tuning: a search from where the code stands finds better versions of it, seldom another one"


def _of_command(text: str) -> Iterator[str]:
    for pattern, does in _ACTS:
        if found := pattern.search(text):
            yield (
                f"`{_short(found[0])}` {does}, and a campaign would do so in every run: measure a plan, a copy or a stand-in instead. "
                "The sandbox has no network unless the contract opens it (sandbox.harness.network)"
            )
    if found := _SLOW_COMMAND.search(text):
        yield f"`{_short(found[0])}` waits for a deployment: measure before it, on this machine, or the loop stands still"
    if (waits := _WAITS.search(text)) and int(waits[1]) * {"m": 60, "h": 3600}.get(waits[2] or "", 1) >= 60:  # noqa: PLR2004  a minute
        yield f"`{waits[0]}` waits in every run: wait for a condition instead, or measure a proxy"


def _of_scope(inside: int, tracked: int) -> Iterator[str]:
    if inside > MANY_FILES or (tracked > _FEW and inside > tracked * _WHOLE):
        whole = "the whole repository" if inside > tracked * _WHOLE else f"{inside} of {tracked} files"
        yield f"{whole} may be changed, which is much to search: name the few files that matter with --edit"


def _short(text: str) -> str:
    line = " ".join(text.lstrip(";&|( ").split())
    return line if len(line) <= 60 else f"{line[:59]}…"  # noqa: PLR2004  what stands on a line
