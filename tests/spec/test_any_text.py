"""Whatever stands in a contract: it loads to something that a record can hold, or it is refused in words."""

import json

from hypothesis import given
from hypothesis import strategies as st

from autoexp.errors import ContractError
from autoexp.spec import load


def works_or_is_refused(text):
    try:
        spec = load(text)
    except ContractError as error:
        str(error).encode("utf-8", "surrogatepass")
    else:
        assert json.dumps([spec.model_dump(mode="json"), spec.digest], allow_nan=False).encode()


@given(st.text())
def test_arbitrary_text_never_ends_in_a_traceback(text):
    works_or_is_refused(text)


@given(st.lists(st.sampled_from([*"{}[]:,&*!|>-?#%@`'\"\\\n\t ~.0x1e", "<<", "!!int ", "scope", "a", "\n  "])))
def test_arbitrary_yaml_never_ends_in_a_traceback(pieces):
    works_or_is_refused("".join(pieces))


SECTIONS = ["scope", "harness", "metrics", "objective", "measurement", "decision", "proposer", "strategy", "budget"]
SECTIONS += ["sandbox", "executor", "exports", "name", "version", "goal"]
NAMES = ["edit", "measure", "metrics", "regex", "env", "kind", "k", "batch", "method", "role", "equals", "of", "times"]
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(NAMES)
TREES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(SECTIONS), TREES, max_size=5))
def test_arbitrary_values_below_known_keys_never_end_in_a_traceback(changed):
    base = {"scope": {"edit": "a"}, "harness": {"measure": "m"}, "metrics": {"x": {"role": "primary"}}}
    works_or_is_refused(json.dumps(base | changed))
