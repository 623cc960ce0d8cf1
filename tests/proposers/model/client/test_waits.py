"""The wait that a service asks for, in all the ways that services say it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.proposers.model.client.waits import wait_asked

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = st.sampled_from(
    [
        "retry-after",
        "retry-after-ms",
        "date",
        "x-ratelimit-reset",
        "x-ratelimit-reset-tokens",
        "x-ratelimit-remaining-tokens",
    ]
)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1000000"}, 86_400),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(days=9), usegmt=True)}, 0),
        (
            {
                "retry-after": format_datetime(NOW, usegmt=True),
                "date": format_datetime(NOW - timedelta(seconds=40), usegmt=True),
            },
            40,
        ),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1),
        ({"retry-after": "3", "x-ratelimit-reset-tokens": "60s"}, 3),
        ({"x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        (
            {
                "x-ratelimit-reset-requests": "2h",
                "x-ratelimit-remaining-requests": "9",
                "x-ratelimit-reset-tokens": "3s",
                "x-ratelimit-remaining-tokens": "0",
            },
            3,
        ),
        ({"x-ratelimit-reset-requests": "2s", "x-ratelimit-reset-tokens": "3s"}, 3),
        ({"x-ratelimit-reset": str(int((NOW.timestamp() + 5) * 1000))}, 5),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() + 5))}, 5),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-21T12:00:07Z", "anthropic-ratelimit-tokens-remaining": "0"}, 7),
        ({}, None),
    ],
)
def test_ways_to_say_when(headers, seconds):
    assert wait_asked(headers, limited=True, now=NOW) == (None if seconds is None else pytest.approx(seconds))


def test_the_reset_of_a_limit_means_nothing_when_none_was_reached():
    assert wait_asked({"x-ratelimit-reset-tokens": "6m0s"}, limited=False, now=NOW) is None


@given(
    st.dictionaries(
        NAMES,
        st.text()
        | st.floats().map(str)
        | st.integers().map(str)
        | st.datetimes().map(str)
        | st.from_regex(r"\A[0-9.hms]{1,30}\Z"),
    )
)
def test_no_header_asks_for_more_than_a_day_or_less_than_nothing(headers):
    asked = wait_asked(headers, limited=True, now=NOW)
    assert asked is None or 0 <= asked <= 86_400
