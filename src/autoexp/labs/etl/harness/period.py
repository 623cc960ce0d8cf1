"""The days that every delivery covers. Numbers only: who asks about them need not load what makes the data."""

ORIGIN_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
DAY_US = 86_400_000_000
DAYS = 30
