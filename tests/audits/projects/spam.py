"""A classifier of messages, in Python. Planted: a share of ten messages, which moves by a tenth or not at all."""

from tests.audits.shape import CHILD, Project, contract, text

TARGET = text('''
    """Says of messages whether they are spam: by words that are seen more often there."""

    import json
    import sys

    WEIGHTS = {"free": 2.0, "win": 1.5, "prize": 2.5, "click": 1.0, "meeting": -2.0, "report": -1.5, "thanks": -1.0}
    BOUND = 1.0


    def weight(message):
        """Add up what the words say."""
        total = 0.0
        for word in message.split():
            total += WEIGHTS.get(word, 0.0)
        if "!" in message:
            total += 0.8
        return total


    def spam(messages):
        """Give true for each message that is spam."""
        return [weight(message) > BOUND for message in messages]


    if __name__ == "__main__":
        json.dump(spam(json.load(sys.stdin)), sys.stdout)
''')

MAIL = text('''
    """Drawn messages, and which of them are spam."""

    import random

    SPAM = ["free", "win", "prize", "click", "offer", "now"]
    HAM = ["meeting", "report", "thanks", "lunch", "team", "notes"]
    BOTH = ["the", "a", "you", "is", "for", "today", "please", "and"]


    def mail(seed, count):
        """Draw messages with their labels."""
        draw = random.Random(seed)
        labels = [draw.random() < 0.4 for _ in range(count)]
        return [_message(draw, label) for label in labels], labels


    def _message(draw, label):
        words = [draw.choice(BOTH) for _ in range(6)]
        for _ in range(draw.randrange(1, 5)):
            likely = draw.random() < 0.8
            words.append(draw.choice(SPAM if likely == label else HAM))
        draw.shuffle(words)
        return " ".join(words) + (" !" if draw.random() < (0.5 if label else 0.15) else "")


    def share(answers, labels):
        """Give the share of right answers; raises when they are no answers."""
        if [type(answer) for answer in answers] != [bool] * len(labels):
            raise TypeError("one of true and false is wanted for each message")
        return sum(map(bool.__eq__, answers, labels)) / len(labels)
''')

BENCH = text('''
    """How many messages are told right."""

    from child import ask
    from mail import mail, share

    MESSAGES = 4_000

    messages, labels = mail("bench", MESSAGES)
    answers, _ = ask(messages)
    print(f"METRIC accuracy={share(answers, labels):.6f}")
''')

CHECK = text('''
    """Are plain messages told right, and odd ones told at all?"""

    import sys

    from child import ask

    answers, _ = ask(["", " ", "meeting report", "free prize !", "win", "thanks for the free report", "click", "click !"])
    if answers != [False, False, False, True, True, False, False, True]:
        sys.exit(f"wrong: {answers}")
''')

HOLDOUT = BENCH.replace("from child", 'import sys\n\nsys.path.insert(0, "harness")\nfrom child').replace(
    '"bench"', '"held out"'
)

PROJECT = Project(
    name="spam",
    kind="python",
    clean={
        "target.py": TARGET,
        "harness/child.py": CHILD,
        "harness/mail.py": MAIL,
        "harness/bench.py": BENCH,
        "harness/check.py": CHECK,
        "holdout/run.py": HOLDOUT,
    },
    contract=contract("target.py", "accuracy", "higher", primary={"min_effect": "1%"}),
    planted="coarse-metric",
    files={"harness/bench.py": BENCH.replace("MESSAGES = 4_000", "MESSAGES = 10")},
)
