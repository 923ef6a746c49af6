"""Which part of a run the pictures over time show."""

LAST_MS, WHOLE_MS = 1000.0, 5000.0


def shown_ms(duration: float) -> float:
    """Return how much is shown: all of a trial, and the last second of a long run.

    >>> shown_ms(3000.0), shown_ms(60_000.0)
    (3000.0, 1000.0)
    """
    return duration if duration <= WHOLE_MS else LAST_MS
