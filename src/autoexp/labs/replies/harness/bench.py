"""One sample: the replies that reply.md makes of 32 messages, scored by a judge that runs in this process."""

import os
import statistics
import sys
import tempfile
from pathlib import Path

from cases import cases
from critic import Critic, seed
from desk import TemplateError, reply, sections
from fake_model import FakeModel

from autoexp.harness_kit import KitError, judge, report

HERE = Path(__file__).parent
USD_A_REQUEST = 0.0001  # of a price list that nobody pays: it shows where the money would go


def main() -> int:
    """Measure the reply.md of the tree this harness lies in."""
    asked = {case.id: case for case in cases()}
    try:
        template = sections(HERE.parent / "reply.md")
        replies = {name: reply(template, case) for name, case in asked.items()}
        with FakeModel(handler=Critic(seed()), usage="counted", cost=USD_A_REQUEST) as model:
            scores = judge(
                replies,
                rubric=HERE / "rubric.md",
                context={name: case.context for name, case in asked.items()},
                model="critic-1",
                base_url=model.openai_url,
                known_as="the critic of this lab",
                cache=os.environ.get("REPLIES_CACHE") or tempfile.mkdtemp(),
                patience_s=20.0,
            )
    except (TemplateError, KitError, OSError) as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    scores.report("quality")
    words = statistics.fmean(len(text.split()) for text in replies.values())
    report(judge_spread=scores.spread, words=words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
