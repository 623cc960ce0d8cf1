"""The text of program.md: the goal in prose, for whoever proposes."""

from autoexp.api.starting.answers import Answers
from autoexp.api.starting.contract import decided_on, goal_of


def program_text(answers: Answers) -> str:
    """Give the page as it begins: what to change, what to improve, and room for what a person knows."""
    improved = ", ".join(f"`{name}`" for name in decided_on(answers))
    improved += (
        f" together ({answers.objective})" if answers.objective else f" ({answers.direction or 'lower'} is better)"
    )
    checks = f"- It must still pass `{answers.checks}`.\n" if answers.checks else ""
    return (
        f"# {answers.goal or goal_of(answers)}\n\nThe proposer reads this page before each experiment.\n\n"
        f"- Change only: {', '.join(answers.edit)}\n"
        f"- Improve {improved}.\n"
        f"{checks}- Simpler is better: a small gain is not worth much more code.\n\n## What is known of the domain\n\n"
    )
