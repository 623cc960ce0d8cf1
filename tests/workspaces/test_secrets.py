"""Secrets: keys that look like keys are found on their line, and what only resembles one is left alone.

Every key here is put together from pieces, so that nobody's scanner takes this file for a leak.
"""

import base64
import hashlib
import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.workspaces.secrets import Found, new_secrets, secrets_in

WORD = string.ascii_letters + string.digits


def drawn(length, letters=WORD, seed=1):
    """Give letters drawn at random, the same in every run."""
    return "".join(random.Random(seed).choices(letters, k=length))


def pem(kind, eol="\n"):
    body = base64.b64encode(random.Random(1).randbytes(96)).decode()
    lines = [f"-----BEGIN {kind}" + "PRIVATE KEY-----", body[:64], body[64:], f"-----END {kind}" + "PRIVATE KEY-----"]
    return eol.join(lines)


KEYS = {
    "an AWS access key": ["AKI" + "A" + drawn(16, string.ascii_uppercase + "234567")],
    "an AWS secret key": [
        "aws_secret_access" + "_key = " + drawn(40),
        "SecretAccess" + 'Key: "' + drawn(40, WORD + "+/") + '"',
    ],
    "a GitHub token": ["gh" + "p_" + drawn(36), "github" + "_pat_" + drawn(22) + "_" + drawn(59)],
    "a GitLab token": ["glp" + "at-" + drawn(20)],
    "a Slack token": ["xox" + "b-" + drawn(12, string.digits) + "-" + drawn(24)],
    "a Slack webhook": ["https://hooks.slack" + ".com/services/T" + drawn(8, "AB12CD9Z") + "/B" + drawn(8, "AB12CD9Z") + "/" + drawn(24)],
    "a Google API key": ["AI" + "za" + drawn(35)],
    "an OpenAI key": ["s" + "k-" + drawn(48), "s" + "k-proj-" + drawn(90, WORD + "-_")],
    "an Anthropic key": ["s" + "k-ant-" + "api03-" + drawn(93, WORD + "-_") + "AA"],
    "a Stripe key": ["sk" + "_live_" + drawn(24)],
    "a Hugging Face token": ["h" + "f_" + drawn(34, string.ascii_letters)],
    "an npm token": ["np" + "m_" + drawn(36)],
    "a PyPI token": ["py" + "pi-AgEI" + drawn(120, WORD + "-_")],
    "a SendGrid key": ["S" + "G." + drawn(22) + "." + drawn(43)],
    "a DigitalOcean token": ["dop" + "_v1_" + drawn(64, "0123456789abcdef")],
    "a JSON web token": ["ey" + "J" + drawn(30) + ".ey" + "J" + drawn(60) + "." + drawn(43, WORD + "-_")],
    "a private key": [
        *(pem(kind) for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")),
        pem("RSA ", "\r\n"),
        '"' + pem("", "\\n") + '"',
        '  "' + pem("", '\\n" +\n  "') + '"',
        pem("RSA ").replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n", 1),
    ],
    "an Azure key": ["AccountName=x;Account" + "Key=" + drawn(86) + "==;"],
    "a password in a connection": ["Server=db;User=sa;Pass" + "word=" + drawn(14, WORD + "!#") + ";"],
    "a login in an address": ["postgres://app:" + drawn(12) + "@db.internal:5432/x"],
    "a secret behind a telling name": [
        "pass" + 'word = "' + drawn(20) + '"',
        "'api" + "_key': '" + drawn(32, "0123456789abcdef") + "',",
        "const clientSecret" + " = `" + drawn(24) + "`;",
        "SERVICE_TOK" + "EN=" + drawn(32),
        "  tok" + "en: " + drawn(40),
        "token: str " + '= "' + drawn(30) + '"',
        'os.environ.setdefault("API' + '_KEY", "' + drawn(30) + '")',
        str("secret" + ' := "') + str(uuid.UUID(int=random.Random(5).getrandbits(128))) + '"',
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in KEYS.items() for text in texts])
def test_key_is_found_with_its_kind_and_line(kind, text):
    data = f"first\nx = 1\n{text}\nlast\n".encode()
    found = secrets_in(data)
    assert [one.line for one in found] == [3 + (2 if text.startswith("PuTTY") else 0)]
    assert found[0].kind == kind


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_key_is_found_amid_binary_content(kind):
    noise = bytes(range(256))
    data = noise + b"\n" + KEYS[kind][0].encode() + b"\n" + noise
    assert kind in {one.kind for one in secrets_in(data)}


HARMLESS = [
    "AKI" + "AIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
    'api_key = "your-key-here-1234-abcd-5678"',
    'password = "xxxxxxxxxxxxxxxxxxxxxxxx"',
    "gh" + "p_" + "x" * 36,
    "s" + "k-" + "a1" * 24,
    'token = "<YOUR-TOKEN-GOES-HERE-1a2b3c>"',
    'token = "${SECRET_FROM_1_THE_2_VAULT_3}"',
    'password = "{{ lookup_1_the_2_vault_3 }}"',
    f'sha256 = "{hashlib.sha256(b"a").hexdigest()}"',
    f"commit {hashlib.sha1(b'a', usedforsecurity=False).hexdigest()}",
    f'id = "{uuid.UUID(int=7 << 64)}"',
    f'request_id = "{uuid.UUID(int=random.Random(5).getrandbits(128))}"',
    f'data = "{base64.b64encode(random.Random(3).randbytes(120)).decode()}"',
    f'cache_key = "{hashlib.md5(b"a", usedforsecurity=False).hexdigest()}"',
    f'token_hash = "{hashlib.sha256(b"b").hexdigest()}"',
    "token = tokenizer.decode(input_ids2[0], skip_special_tokens=True)",
    "tokens = self.split_into_tokens_2_by_3(text)",
    'password = os.environ["DATABASE_PASSWORD_1A2B3C"]',
    'token = "the-quick-brown-fox-jumps-over"',
    'secret_name = "projects/1/secrets/Db2Pass3/versions/4"',
    'password: "/run/secrets/Db2Pass3word4file5"',
    'if "-----BEGIN RSA ' + 'PRIVATE KEY-----" in text:',
    "postgres://user:password@localhost/db",
    "postgres://user:postgres@db/db",
    "https://example.com:8080/a@b",
    "redis://:${REDIS_PASSWORD}@redis:6379/0",
    "ssh://git@github.com:22/x.git",
    ".".join(("ey" + "JhbGciOiJIUzI1NiJ9", "ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0", drawn(43))),
    "sk-learn-contrib-and-other-packages-with-long-names-1-2-3",
    "hf_hub_download(repo_id, filename, revision=None)",
    "npm_config_registry_of_the_local_machine_1",
    "MAX_TOKENS = 4096",
    'publicKeyToken="1f' + 'c8b3b9a1e18e3b"',
    'key = "AbCdEf1234567890AbCdEf"',
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ" + drawn(80) + " a@b",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_key_is_left_alone(text):
    assert secrets_in(f"a\n{text}\nb\n".encode()) == ()


def test_known_value_is_found_in_every_form():
    value = "s3cr3t value!"
    forms = {
        value: "a value from the environment",
        value.encode().hex(): "a value from the environment as hex",
        value.encode().hex().upper(): "a value from the environment as hex",
    }
    for form, kind in forms.items():
        assert secrets_in(f"\n{form}\n".encode(), known=[value]) == (Found(kind, 2),)
    assert secrets_in(b"nothing", known=[value]) == ()


@given(st.binary(max_size=6), st.text(min_size=8, max_size=30), st.binary(max_size=6))
def test_known_value_is_found_in_base64_of_more(before, value, after):
    plain = value.strip().encode(errors="surrogatepass") if value.isprintable() else b""
    if len(plain) >= 8:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found = secrets_in(b"x\n" + encode(before + plain + after), known=[value])
            assert "a value from the environment as base64" in {one.kind for one in found}


def test_short_known_value_is_not_looked_for():
    assert secrets_in(b"PORT = 8080\ntrue", known=["8080", "true", ""]) == ()


def test_one_secret_is_told_of_each_line():
    key = "gh" + "p_" + drawn(36)
    assert secrets_in(f'token = "{key}"\ntoken = "{key}"\n'.encode()) == (
        Found("a GitHub token", 1),
        Found("a GitHub token", 2),
    )


def test_only_what_the_old_content_had_not_is_new():
    old, new = "gh" + "p_" + drawn(36), "gh" + "p_" + drawn(36, seed=2)
    before = f"a = '{old}'\n".encode()
    after = f"moved\n\nb = '{old}'\nc = '{new}'\n".encode()
    assert new_secrets(before, after) == (Found("a GitHub token", 4),)
    assert new_secrets(None, after) == (Found("a GitHub token", 3), Found("a GitHub token", 4))
    assert new_secrets(after, before) == new_secrets(before, before) == ()
    assert new_secrets(b"", b"hunter22 x", known=["hunter22"]) == (Found("a value from the environment", 1),)


def test_secret_is_never_told():
    key = "gh" + "p_" + drawn(36)
    assert key not in repr(secrets_in(key.encode())) + repr(secrets_in(b"hunter22", known=["hunter22"]))


@given(st.binary(max_size=300), st.lists(st.text(max_size=12), max_size=2))
def test_any_content_has_an_answer(data, known):
    lines = data.count(b"\n") + 1
    found = secrets_in(data, known=known)
    assert all(1 <= one.line <= lines for one in found)
    assert found == tuple(sorted(found, key=lambda one: one.line))
    assert new_secrets(data, data, known=known) == ()


HEAVY = [
    "a", "ey" + "J", "ey" + "Ja.", "s" + "k-", "AKI" + "A", 'password="', "password ", "token:a:a ", "://a:", "://", ";pwd=", "\n", " ",
    "-----BEGIN " + "PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----Abc: , Abc: ", "-----BEGIN " + "PRIVATE KEY-----\nAbc: ,\n",
    "xox" + "b-", "api_key_", "=", "_a", "PuTTY-User-Key-File-2: x\nAbc: x\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HEAVY)
def test_content_that_is_almost_a_key_everywhere_is_read(piece):
    data = (piece * (500_000 // len(piece))).encode()
    secrets_in(data, known=["aaaaaaaab", "s3cr3t value"])


def test_five_megabytes_of_one_letter_are_read():
    assert secrets_in(b"a" * 5_000_000, known=["aaaaaaaab"]) == ()


def test_five_megabytes_of_random_bytes_hold_no_secret():
    assert secrets_in(random.Random(1).randbytes(5_000_000)) == ()
