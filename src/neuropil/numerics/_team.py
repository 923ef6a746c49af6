"""Several threads in one run of a kernel: who does which part of the work of which epoch.

The work of a run is a sequence of epochs, and that of each epoch has one part for every seat of a
team. All parts of an epoch are done before the next begins. Each thread takes the part of its own
seat, so that memory stays in its core's cache; those of seats that are empty, or late, are done by
the others. Nobody ever waits for a thread that does not run, except while the system lets it rest
in the midst of a part.

All threads share some words (see `_ffi`), zeros at first: at `DONE` the number of parts done since
the beginning, at `SEATS + k * SEAT` the next epoch of the part of seat k, and whether somebody sits
there. What is written often has cache lines for itself.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

DONE, SEATS, SEAT = 128, 256, 128  # bytes from the beginning of the shared words
TOTAL, GIVE_WAY = 2, 7  # words
PATIENCE = 4000  # looks at what is done before the part of somebody who is late is taken over
MOST_SEATS = 64

_word = types.int64


def inner(signature):
    """Compile, once and for these types, what only other kernels call."""
    return numba.njit(
        signature, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )


@inner(_word(_word))
def size_of(pieces):
    """Return the bytes of the words that the pieces of a call share."""
    return SEATS + SEAT * min(pieces, MOST_SEATS)


@intrinsic
def add(typing_context, address, value):
    """Return the word at the address as it was before the addition."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], cgutils.intp_t.as_pointer())
        return builder.atomic_rmw("add", pointer, arguments[1], "seq_cst")

    return _word(_word, _word), generate


@intrinsic
def load(typing_context, address):
    """Return the word at the address, as others wrote it."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], cgutils.intp_t.as_pointer())
        return builder.load_atomic(pointer, "acquire", 8)

    return _word(_word), generate


@intrinsic
def claim(typing_context, address, expected, new):
    """Write a word where the expected one stands; return whether it stood there."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], cgutils.intp_t.as_pointer())
        pair = builder.cmpxchg(pointer, arguments[1], arguments[2], "seq_cst", "acquire")
        return builder.zext(builder.extract_value(pair, 1), ir.IntType(64))

    return _word(_word, _word, _word), generate


@intrinsic
def call(typing_context, function, first, second, third):
    """Call the C function at an address; words that it does not take do no harm."""

    def generate(context, builder, signature, arguments):
        kind = cgutils.ir.FunctionType(cgutils.intp_t, [cgutils.intp_t] * 3)
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    return _word(_word, _word, _word, _word), generate


@inner(_word(_word, _word, _word))
def pieces(samples, worth, threads):
    """Return the pieces of a run: its samples; of a single one, the seats that it is worth."""
    return samples if samples > 1 else max(1, min(threads, MOST_SEATS, worth))


@inner(types.UniTuple(_word, 3)(_word, _word, _word))
def place(samples, piece, shared):
    """Return the sample of a piece, its seat, and the seats of its team."""
    if samples > 1 or shared == 0:
        return piece, 0, 1
    return 0, piece, load(shared + 8 * TOTAL)


@inner(_word(_word, _word, _word))
def share(size, part, seats):
    """Return where the neurons of a part begin: whole cache lines, but for the last."""
    return size if part == seats else size * part // seats // 64 * 64


@inner(_word(_word, _word, _word, _word))
def take(shared, epoch, seat, seats):
    """Return a part of an epoch that nobody does yet; -1 when all are done."""
    if seats == 1:
        return 0
    all_done = seats * (epoch + 1)
    if load(shared + DONE) >= all_done:
        return -1
    own = shared + SEATS + SEAT * seat
    if load(own + 8) == 0:
        add(own + 8, 1)
    if claim(own, epoch, epoch + 1):
        return seat
    looks = 0
    while load(shared + DONE) < all_done:
        if looks % 64 == 0:
            for other in range(seats):
                word = shared + SEATS + SEAT * other
                is_late = load(word) == epoch and (looks > PATIENCE or load(word + 8) == 0)
                if is_late and claim(word, epoch, epoch + 1):
                    return other
        looks += 1
        if looks > PATIENCE:
            call(load(shared + 8 * GIVE_WAY), 0, 0, 0)
    return -1


@inner(_word(_word, _word, _word, _word))
def another(shared, epoch, seat, seats):
    """Say that a part is done, and take another one."""
    if seats == 1:
        return -1
    add(shared + DONE, 1)
    return take(shared, epoch, seat, seats)
