"""Streams of bits whose end asks for what was some steps ago: parity, and delayed match."""

import numpy as np

from ._errors import as_count, fail
from ._samples import Samples, generator, whole

_OUT_OF = 1 << 30


def n_parity(
    samples: int, longest: int, shown: int, length: int, *, fair: bool = True, seed: int = 0
) -> Samples:
    """Streams of bits, and for N = 2 ... `longest` whether the last N bits are odd in number.

    **Arguments:** `samples`, how many; `longest`, the largest N, at least 2; `shown`, how many bits
    a stream has, at least `longest`; `length`, ticks of the inputs, from `shown` on, filled up
    with zeros at the end; `fair`, bits that are 1 half of the time, else each stream has a share of
    its own, from 0 to 1; `seed`.

    **Returns:** `Samples` of inputs [sample, tick, 1] float32 and targets [sample, longest - 1]
    int32, one for each N.

    **Raises:** `TaskError` for counts and seeds that are none or do not fit together.

    >>> (bits,), (odd,) = n_parity(1, 3, shown=5, length=6)
    >>> odd.tolist() == [int(bits[3:5].sum() % 2), int(bits[2:5].sum() % 2)]
    True

    Source: Khajehabdollahi et al. 2024, https://doi.org/10.48550/arXiv.2309.12927
    """
    bits = _bits(samples, longest, shown, length, fair, seed)
    odd = [bits[:, shown - n : shown].sum(axis=1) % 2 for n in range(2, longest + 1)]
    return Samples(bits[..., None].astype(np.float32), np.stack(odd, axis=1).astype("<i4"))


def n_delayed_match(
    samples: int, longest: int, shown: int, length: int, *, seed: int = 0
) -> Samples:
    """Streams of fair bits, and for N = 2 ... `longest` whether the bit N - 1 ago is as the last.

    **Arguments:** as for :func:`n_parity`.

    **Returns:** `Samples` as there.

    **Raises:** `TaskError` for counts and seeds that are none or do not fit together.

    >>> (bits,), (same,) = n_delayed_match(1, 3, shown=5, length=5)
    >>> same.tolist() == [int(bits[3, 0] == bits[4, 0]), int(bits[2, 0] == bits[4, 0])]
    True

    Source: Khajehabdollahi et al. 2024, https://doi.org/10.48550/arXiv.2309.12927
    """
    bits = _bits(samples, longest, shown, length, True, seed)
    same = [bits[:, shown - n] == bits[:, shown - 1] for n in range(2, longest + 1)]
    return Samples(bits[..., None].astype(np.float32), np.stack(same, axis=1).astype("<i4"))


def _bits(samples, longest, shown, length, fair, seed):
    count, most = as_count(samples, "samples"), as_count(longest, "longest", minimum=2)
    if as_count(shown, "shown") < most:
        fail("shown", shown, f"at least {most}, the longest N", "show more bits")
    if as_count(length, "length") < shown:
        fail("length", length, f"at least {shown}, the bits that are shown", "raise it")
    if not isinstance(fair, bool):
        fail("fair", fair, "True or False", "pass e.g. fair=True")
    stream = generator(seed)
    share = np.full((count, 1), _OUT_OF // 2) if fair else whole(stream, (count, 1), _OUT_OF)
    bits = np.zeros((count, length), np.int64)
    bits[:, :shown] = whole(stream, (count, shown), _OUT_OF) < share
    return bits
