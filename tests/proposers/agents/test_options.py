"""The keys of agents: what is refused before anything starts, and the places that follow from them."""

from typing import Any

import pytest
from pydantic import ValidationError

from autoexp.errors import AutoexpError
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.allowing import refuse_allow
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.choose import ChooseProposer
from autoexp.proposers.choosing.options import ChooseOptions

OWN = ("api.provider.example:443", "login.provider.example:443")
CLAUDE = ("api.anthropic.com:443", "platform.claude.com:443", "console.anthropic.com:443")


class Plain:
    """An agent of no program."""

    facts = Facts(name="plain", title="Plain", program="plain", install="", hosts=OWN)
    options = AgentOptions

    def launch(self, task: Task) -> Launch:
        return Launch((task.program,))

    def hear(self, line: str, heard: Heard) -> None:
        pass

    def conclude(self, ended: Ended, heard: Heard) -> None:
        pass


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"base_url": "api.example.com"}, "begins with http"),
        ({"base_url": "ftp://api.example.com"}, "begins with http"),
        ({"base_url": "http://"}, "host"),
        ({"base_url": "http://127.0.0.1:port/v1"}, "address"),
        ({"base_url": "http://127.0.0.1:99999/v1"}, "address"),
        ({"base_url": "http://[::1/v1"}, "address"),
        ({"base_url": "https://user:secret@api.example.com"}, "api_key_env"),
        ({"api_key_env": "sk-ant-0123456789"}, "never the key itself"),
        ({"hosts": ["https://api.example.com"]}, "api.example.com:443"),
        ({"hosts": ["api.example.com"]}, "needs a host and a port"),
        ({"turns": 0}, "greater than or equal to 1"),
        ({"cost_usd": 0}, "greater than 0"),
        ({"cost_usd": float("inf")}, "finite"),
        ({"modle": "x"}, "Extra inputs"),
    ],
)
def test_a_wrong_key_is_refused_with_the_reason(keys: dict[str, Any], says: str):
    with pytest.raises(ValidationError, match=says):
        AgentOptions.model_validate(keys)


@pytest.mark.parametrize(
    ("keys", "hosts"),
    [
        ({}, OWN),
        ({"hosts": ["PYPI.org:443"]}, (*OWN, "pypi.org:443")),
        ({"base_url": "http://127.0.0.1:8000/v1/"}, ("127.0.0.1:8000",)),
        ({"base_url": "https://gateway.example/v1"}, ("gateway.example:443",)),
        ({"base_url": "http://gateway.example"}, ("gateway.example:80",)),
        ({"base_url": "http://[::1]:8000/v1"}, ("[::1]:8000",)),
        ({"base_url": "https://gateway.example", "hosts": ["gateway.example:443"]}, ("gateway.example:443",)),
    ],
)
def test_hosts_are_those_of_the_provider_or_of_the_address_that_is_named(keys: dict[str, Any], hosts: tuple[str, ...]):
    assert Driven(Plain()).hosts(AgentOptions.model_validate(keys)) == hosts


def test_an_address_loses_the_slash_at_its_end():
    assert AgentOptions(base_url="http://127.0.0.1:8000/v1/").base_url == "http://127.0.0.1:8000/v1"


def test_who_chooses_reaches_what_its_members_reach():
    among = [
        {"kind": "claude-code"},
        {"kind": "claude-code", "name": "local", "base_url": "http://127.0.0.1:8000"},
        {"kind": "command", "command": "true"},
    ]
    assert ChooseProposer.hosts(ChooseOptions.model_validate({"among": among})) == (*CLAUDE, "127.0.0.1:8000")


@pytest.mark.parametrize(
    ("can", "allow", "says"),
    [
        ("commands", ("python *", "make test"), ""),
        ("commands", ("*",), ""),
        ("edits", (), ""),
        ("edits", None, ""),
        ("edits", ("*",), "runs no commands"),
        ("edits", ("python *",), "runs no commands"),
        ("shell", None, ""),
        ("shell", (), ""),
        ("shell", ("*",), ""),
        ("shell", ("python *",), "cannot be held to some commands"),
        ("shell", ("*", "python *"), "cannot be held to some commands"),
    ],
)
def test_commands_that_an_agent_cannot_be_held_to_are_refused(can: Any, allow: Any, says: str):
    facts, options = Facts(name="a", title="A", program="a", install="", allow=can), AgentOptions(allow=allow)
    if not says:
        refuse_allow(facts, options)
        return
    with pytest.raises(AutoexpError, match=says) as raised:
        refuse_allow(facts, options)
    assert raised.value.where == "proposer.allow"
    assert raised.value.fix
