"""The strict way to set the bar: e-LOND, which controls the false discovery rate whatever depends on what."""

FIRST_EPOCH = 64


def elond_level(ledger_kept: int, tested: int, *, rate: float, horizon: int | None) -> float:
    """Give the level of the next test: rate * gamma_t * (kept + 1) (Xu & Ramdas, AISTATS 2024).

    gamma spends the budget evenly over `horizon` tests; without one, and for tests beyond it, half of it over the first 64, a
    quarter over the next 128 and so on. A campaign that outlives its horizon thus spends a second budget.
    """
    return rate * gamma(tested, horizon) * (ledger_kept + 1)


def gamma(tested: int, horizon: int | None) -> float:
    """Give the part of the error budget that test number `tested` (from 0) may spend."""
    if horizon is not None and tested < horizon:
        return 1 / horizon
    t, epoch, part = tested - (horizon or 0), FIRST_EPOCH, 0.5
    while t >= epoch:
        t, epoch, part = t - epoch, 2 * epoch, part / 2
    return part / epoch
