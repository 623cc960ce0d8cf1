"""What a service says is shown short, plain, and without the key."""

from hypothesis import given
from hypothesis import strategies as st

from autoexp.proposers.model.client.words import masked, shown

KEYS = st.text(alphabet="abcdefghij-0123456789", min_size=8, max_size=40)


@given(st.text(), KEYS, st.text(), st.data())
def test_no_piece_of_a_key_is_shown(before, key, after, data):
    first = data.draw(st.integers(0, len(key) - 8))
    last = data.draw(st.integers(first + 8, len(key)))
    text = shown(before + key[first:last] + after + key, key=key)
    assert not any(key[i : i + 8] in text for i in range(len(key) - 7))


@given(st.text(max_size=2000), st.text(max_size=40))
def test_what_is_shown_is_one_short_printable_line(text, key):
    line = shown(text, key=key)
    assert len(line) <= 300
    assert line.isprintable()


def test_masking_leaves_the_rest_as_it_was():
    assert masked("key sk-12345678 and sk-12345678sk-12345678.", key="sk-12345678") == "key *** and ***."
    assert masked("part sk-12345 only", key="sk-12345678") == "part *** only"
    assert masked("a short secret", key="secret") == "a short ***"
    assert masked("nothing to hide", key="") == "nothing to hide"
