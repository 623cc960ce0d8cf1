"""The shapes that keys of well-known services have. Each pattern starts with fixed letters and ends soon, so that none is slow."""

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """A kind of secret; the pattern's first group is the part that is drawn, `random` asks for letters that look so."""

    kind: str
    pattern: re.Pattern[bytes]
    random: bool = False


_END = rb"(?![A-Za-z0-9])"

SHAPES: tuple[Shape, ...] = (
    Shape("an AWS access key", re.compile(rb"(?<![A-Za-z0-9])(?:AKIA|ASIA)([A-Z2-7]{16})" + _END)),
    Shape(
        "an AWS secret key",
        re.compile(
            rb"(?i:secret_?access_?key)[\"']?\s{0,4}[=:]{1,2}>?\s{0,4}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        random=True,
    ),
    Shape("a GitHub token", re.compile(rb"gh[pousr]_([A-Za-z0-9]{36,255})" + _END)),
    Shape("a GitHub token", re.compile(rb"github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})" + _END)),
    Shape("a GitLab token", re.compile(rb"glpat-([A-Za-z0-9_-]{20,64})" + _END)),
    Shape("a Slack token", re.compile(rb"xox[abeoprs]-([A-Za-z0-9-]{20,250})" + _END)),
    Shape(
        "a Slack webhook",
        re.compile(rb"hooks\.slack\.com/services/(T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,30})"),
    ),
    Shape("a Google API key", re.compile(rb"AIza([A-Za-z0-9_-]{35})" + _END)),
    Shape("a Google client secret", re.compile(rb"GOCSPX-([A-Za-z0-9_-]{28})" + _END)),
    Shape("an Anthropic key", re.compile(rb"sk-ant-(?:[a-z0-9]{1,10}-)?([A-Za-z0-9_-]{32,200})" + _END)),
    Shape("an OpenAI key", re.compile(rb"sk-(?:proj|svcacct|admin|or-v1)-([A-Za-z0-9_-]{32,200})" + _END)),
    Shape("an OpenAI key", re.compile(rb"(?<![A-Za-z0-9_-])sk-([A-Za-z0-9]{32,64})" + _END), random=True),
    Shape("a Stripe key", re.compile(rb"[sr]k_live_([A-Za-z0-9]{20,250})" + _END)),
    Shape("a Hugging Face token", re.compile(rb"(?<![A-Za-z0-9_])hf_([A-Za-z0-9]{34})" + _END)),
    Shape("an npm token", re.compile(rb"(?<![A-Za-z0-9_])npm_([A-Za-z0-9]{36})" + _END), random=True),
    Shape("a PyPI token", re.compile(rb"pypi-(AgEI[A-Za-z0-9_-]{50,250})")),
    Shape("a SendGrid key", re.compile(rb"(?<![A-Za-z0-9])SG\.([A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})" + _END)),
    Shape("a DigitalOcean token", re.compile(rb"do[opr]_v1_([0-9a-f]{64})" + _END)),
    Shape(
        "a JSON web token",
        re.compile(
            rb"(?<![A-Za-z0-9_.-])eyJ[A-Za-z0-9_-]{10,2000}\.(?!eyJzdWIiOiIxMjM0NTY3ODkw)eyJ[A-Za-z0-9_-]{10,4000}\.([A-Za-z0-9_-]{20,1000})"
        ),
    ),
    Shape(
        "a private key",
        re.compile(
            rb"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[\s\"'+,]|\\[rn]){0,40}"
            rb"(?:[A-Za-z-]{3,20}: [^\r\n\\]{1,100}(?:\r?\n|\\n|\\r\\n)[ \t\"'+,]{0,20}){0,4}(?:\r?\n|\\n|\\r\\n){0,2}([A-Za-z0-9+/=]{32,100})"
        ),
    ),
    Shape(
        "a private key",
        re.compile(
            rb"PuTTY-User-Key-File-\d: [^\n]{1,100}\n(?:[A-Za-z-]{3,20}: [^\n]{0,200}\n){1,6}([A-Za-z0-9+/=]{32,100})"
        ),
    ),
    Shape("an Azure key", re.compile(rb"(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{42,86}={1,2})")),
    Shape(
        "a password in a connection",
        re.compile(rb";\s{0,4}(?i:password|pwd)\s{0,4}=\s{0,4}([^\s;\"'{}<>]{8,128})[;\"'\s]"),
        random=True,
    ),
)

LOGIN = re.compile(rb"://([^\s:@/\"'<>{}]{0,64}):([^\s:@/\"'<>{}]{6,128})@([A-Za-z0-9.\[-]{1,100})")
"""An address with user, password and host."""

PEOPLE = frozenset(
    b"password passwd postgres mysql guest admin root user username secret changeme default development pass1234 minioadmin rabbitmq"
    b" mongodb redis anonymous letmein qwerty hunter2 testing".split()
)
"""Passwords that are none."""

NAMES = re.compile(
    rb"passw(?:or)?d|passphrase|pwd|secret_?key|secret|token|api_?key|access_?key|private_?key|auth_?key|account_?key"
    rb"|signing_?key|encryption_?key|credentials?"
)
"""Names that tell of a secret, in small letters."""

QUOTED = re.compile(
    rb"[\"'\]]{0,2}\s{0,8}(?::\s{0,4}[A-Za-z]{1,12}\s{0,4})?(?::=|=>|=|:|,)\s{0,8}"
    rb"[rbfuRBFU]{0,2}[\"'`]([^\s\"'`,;()]{16,256})[\"'`]"
)
"""What follows such a name where a text in quotes is assigned."""

BARE_BEFORE = re.compile(rb"[ \t]{0,40}(?:export |set )?[\w.-]{0,60}")
BARE = re.compile(rb"[ \t]{0,4}[=:][ \t]{0,4}([A-Za-z0-9_+/=~-]{20,256})[ \t]{0,4}\r?(?:\n|\Z)")
"""What stands before and behind such a name on a line of a file of settings."""
