"""What experiments typically cost, by domain: published figures of other people, for a first guess before anything is measured here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """Dollars of one experiment and experiments in an hour, each from and to."""

    name: str
    usd: tuple[float, float]
    per_hour: tuple[int, int]


PAID_REQUESTS = Domain("prompts for a paid model", (0.05, 0.50), (10, 30))

DOMAINS = (
    PAID_REQUESTS,
    Domain("training on a GPU", (0.10, 5.00), (3, 12)),
    Domain("SQL on a local database", (0.0, 0.0), (20, 60)),
    Domain("builds of container images", (0.0, 0.0), (5, 15)),
    Domain("load tests on this machine", (0.0, 0.0), (10, 20)),
    Domain("infrastructure in a cloud", (0.01, 1.00), (5, 10)),
)

AGENT_TOKENS, AGENT_REQUESTS = 30_000, 4
"""Of one experiment, as a campaign of a peer's coding agent used them."""

CODING_AGENTS = frozenset(
    {"claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent", "acp", "argv"}
)
"""Kinds of proposer that ask a model several times for one change."""
