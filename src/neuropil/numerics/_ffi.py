"""Kernels written in Python, compiled by Numba and called by XLA on the CPU through its typed FFI.

A kernel is a function of two words, `kernel(frame, piece)`: it does piece number `piece` of the
work, or answers how many pieces there are when that is asked for (`COUNT`). Pieces are independent.
The handler offers them to XLA's own thread pool and takes part itself, so that it never waits for a
thread that has not started. A kernel may take a third word: the number of threads when it is asked
for `COUNT`, else the address of what the pieces of one call share (see `_team`), or 0 where one
thread does them all.

Layouts follow `xla/ffi/api/c_api.h` (see `jax.ffi.include_dir()`), read as 8-byte words.
"""

import ctypes
import functools
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import intrinsic

from . import _team
from ._kernel_cache import compiled

COUNT = -1

_API_MAJOR, _API_MINOR = 0, 3
_METADATA_EXTENSION = 1
_EXECUTE = 3
_INVALID_ARGUMENT = 3
_HUGE_PAGE = 2**21
_HUGE_PAGES_PLEASE = 14  # MADV_HUGEPAGE
_DTYPE_CODES = {
    "bool": 1, "int8": 2, "int16": 3, "int32": 4, "int64": 5,
    "uint8": 6, "uint16": 7, "uint32": 8, "uint64": 9, "float32": 11, "float64": 12,
}  # fmt: skip

Buffers = Sequence[tuple[np.dtype, int]]


class WithoutAliases(CompilerBase):
    """Compile for arguments that share no memory, so that loops over many arrays vectorise."""

    def define_pipelines(self):
        """Return the usual passes."""
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


# Only other kernels call it: no wrapper for Python, nor for C, need be compiled.
inner = functools.partial(
    numba.njit, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
# Inlined by force: of what Numba keeps apart there are two copies, and in the process that compiles
# it the one runs that was left scalar where the loop is long.
vectorised = functools.partial(
    inner, fastmath={"contract", "arcp"}, pipeline_class=WithoutAliases, forceinline=True
)


def supports(dtype: Any) -> bool:
    """Whether kernels can take arrays of this type."""
    return np.dtype(dtype).name in _DTYPE_CODES


def register(
    name: str,
    source: str,
    names: Mapping[str, Any],
    operands: Buffers,
    results: Buffers,
    words: int = 2,
) -> Any:
    """Make the function `kernel` of a source known to XLA as `name`; return what must be kept.

    `names` are the globals of the source. `operands` and `results` give type and rank of each
    buffer; calls with others are refused. `words` is how many the kernel takes.

    **Raises:** `numba.core.errors.NumbaError` for what Numba cannot compile.
    """
    kernel = compiled(source, words, {**names, **_names()})
    sizes = [np.dtype(dtype).itemsize for dtype, _ in results]
    codes = [*_codes(operands), *_codes(results)]
    signature = np.array([len(operands), len(results), *codes, *sizes])
    refusal = np.frombuffer(f"{name}: buffers of another type or rank\0".encode(), np.uint8)
    handle, _, common = _shared_parts()
    about = np.array(
        [kernel.address, common.ctypes.data, signature.ctypes.data, refusal.ctypes.data]
    )
    engine = _handler(handle.address, about.ctypes.data)
    address = engine.get_function_address("handler")
    jax.ffi.register_ffi_target(name, _capsule(address), platform="cpu", api_version=1)
    return kernel, signature, refusal, about, engine


def _names():
    """What every kernel may use."""
    types_of_numbers = {kind: np.dtype(kind).type for kind in _DTYPE_CODES}
    views = {"operand": operand, "result": result, "vector": vector, "matrix": matrix}
    return {"np": np, "vectorised": vectorised} | types_of_numbers | views


def _codes(buffers):
    return [_DTYPE_CODES[np.dtype(dtype).name] | (rank << 32) for dtype, rank in buffers]


def _capsule(address):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(address, None, None)


def _handler(handle: int, about: int) -> Any:
    """Compile a C function `handler(frame)` that calls `handle(frame, about)`."""
    module = ir.Module()
    word = ir.IntType(64)
    function = ir.Function(module, ir.FunctionType(word, [word]), "handler")
    builder = ir.IRBuilder(function.append_basic_block())
    kind = ir.FunctionType(word, [word, word]).as_pointer()
    callee = builder.inttoptr(word(handle), kind)
    builder.ret(builder.call(callee, [function.args[0], word(about)]))
    machine = llvmlite.binding.Target.from_default_triple().create_target_machine()
    parsed = llvmlite.binding.parse_assembly(str(module))
    engine = llvmlite.binding.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    return engine


# --- memory -------------------------------------------------------------------------------------

_word, _one_word = types.int64, types.int64(types.int64)


@intrinsic
def _pointer(typing_context, address):
    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(_word), generate


@intrinsic
def _on_stack(typing_context, value):
    """Return the address of 8 fresh words on the stack, all set to a value."""

    def generate(context, builder, signature, arguments):
        block = cgutils.alloca_once(builder, cgutils.ir.ArrayType(cgutils.intp_t, 8))
        for i in range(8):
            builder.store(arguments[0], cgutils.gep_inbounds(builder, block, 0, i))
        return builder.ptrtoint(block, cgutils.intp_t)

    return _one_word, generate


_words = types.Array(_word, 1, "C")
# Functions whose types are said are compiled once, not anew for each constant they are called with.
_buffer = types.Tuple((_word, _words))(_word, _word)


@inner(_words(_word, _word))
def words(address, n):
    """View `n` words at an address."""
    return numba.carray(_pointer(address), (n,), np.int64)


@inner()
def vector(address, n, dtype):
    """View `n` numbers at an address."""
    return numba.carray(_pointer(address), (n,), dtype)


@inner()
def matrix(address, rows, columns, dtype):
    """View a row-major matrix at an address."""
    return numba.carray(_pointer(address), (rows, columns), dtype)


@inner(_buffer)
def operand(frame, i):
    """Return the data address and the dimensions of operand `i`."""
    buffer = words(words(words(frame, 15)[9], i + 1)[i], 6)
    return buffer[3], words(buffer[5], buffer[4])


@inner(_buffer)
def result(frame, i):
    """Return the data address and the dimensions of result `i`."""
    buffer = words(words(words(frame, 15)[14], i + 1)[i], 6)
    return buffer[3], words(buffer[5], buffer[4])


# --- what all handlers share -------------------------------------------------------------------


@functools.cache
def _shared_parts():
    """Return the compiled `handle` and `help`, and the addresses that `handle` needs."""
    names = {"handle_call": _handle, "help_with": _help}
    handle = compiled("def kernel(frame, about):\n    return handle_call(frame, about)\n", 2, names)
    helper = compiled("def kernel(shared):\n    return help_with(shared)\n", 1, names)
    libc = ctypes.CDLL(None)
    functions = [libc.malloc, libc.free, libc.sched_yield]
    addresses = [ctypes.cast(function, ctypes.c_void_p).value for function in functions]
    advise = ctypes.cast(libc.madvise, ctypes.c_void_p).value if sys.platform == "linux" else 0
    return handle, helper, np.array([helper.address, *addresses, advise])


@inner()
def _release(shared):
    # A helper may start when all is long done: the last owner frees the shared words.
    if _team.add(shared + 40, -1) == 1:
        _team.call(words(shared, 7)[6], shared, 0, 0)


@inner()
def _work(shared):
    # The frame is alive for as long as one piece is not done.
    total, frame, kernel = words(shared, 5)[2], words(shared, 5)[3], words(shared, 5)[4]
    piece = _team.add(shared, 1)
    while piece < total:
        _team.call(kernel, frame, piece, shared)
        _team.add(shared + 8, 1)
        piece = _team.add(shared, 1)


@inner()
def _help(shared):
    """Take part in a call, on a thread of XLA's pool."""
    _work(shared)
    _release(shared)
    return 0


@inner()
def _share(frame, kernel, total, threads, common):
    helper, malloc, free, give_way = (
        words(common, 4)[0], words(common, 4)[1], words(common, 4)[2], words(common, 4)[3],
    )  # fmt: skip
    size = _team.size_of(total)
    shared = _team.call(malloc, size, 0, 0)
    state = words(shared, size // 8)
    state[:] = 0  # the first two: next piece, pieces done
    state[2] = total
    state[3] = frame
    state[4] = kernel
    state[5] = threads  # owners
    state[6] = free
    state[7] = give_way
    call_frame = words(frame, 15)
    for _ in range(threads - 1):
        request = words(_on_stack(0), 8)
        request[0], request[2] = 40, call_frame[3]
        request[3], request[4] = helper, shared
        if _team.call(words(call_frame[2], 18)[17], request.ctypes.data, 0, 0) != 0:
            _release(shared)
    _work(shared)
    while _team.load(shared + 8) < total:
        _team.call(give_way, 0, 0, 0)
    _release(shared)


@inner()
def _pool_size(frame):
    call_frame = words(frame, 15)
    if words(call_frame[2], 1)[0] < 19 * 8:
        return 1  # an older interface, without a thread pool
    request = words(_on_stack(0), 8)
    request[0], request[2] = 32, call_frame[3]
    request[3], request[4] = request.ctypes.data + 32, 1
    return (
        request[4]
        if _team.call(words(call_frame[2], 19)[18], request.ctypes.data, 0, 0) == 0
        else 1
    )


@inner()
def _answers_metadata(frame):
    extension_address = words(frame, 2)[1]
    if extension_address == 0:
        return False
    extension = words(extension_address, 4)
    if (extension[1] & 0xFFFFFFFF) != _METADATA_EXTENSION:
        return False
    words(extension[3], 5)[3] = _API_MAJOR | (_API_MINOR << 32)
    return True


@inner()
def _fits(buffers, count, codes):
    for i in range(count):
        buffer = words(words(buffers, count)[i], 6)
        if (buffer[2] & 0xFFFFFFFF) | (buffer[4] << 32) != words(codes, count)[i]:
            return False
    return True


@inner()
def _prefer_huge_pages(buffers, count, sizes, advise):
    # XLA allocates afresh for each run: touching a result for the first time, 4 KiB by 4 KiB,
    # takes the kernel longer than filling it takes a scan.
    for i in range(count):
        buffer = words(words(buffers, count)[i], 6)
        size = words(sizes, count)[i]
        for k in range(buffer[4]):
            size *= words(buffer[5], buffer[4])[k]
        start = (buffer[3] + _HUGE_PAGE - 1) // _HUGE_PAGE * _HUGE_PAGE
        stop = (buffer[3] + size) // _HUGE_PAGE * _HUGE_PAGE
        if start < stop:
            _team.call(advise, start, stop - start, _HUGE_PAGES_PLEASE)


@inner()
def _refuse(frame, reason):
    call_frame = words(frame, 15)
    request = words(_on_stack(0), 8)
    request[0], request[2], request[3] = 32, reason, _INVALID_ARGUMENT
    return _team.call(words(call_frame[2], 7)[6], request.ctypes.data, 0, 0)


@inner()
def _handle(frame, about):
    """Answer a call of XLA: `about` are kernel, shared addresses, signature and refusal."""
    kernel, common, signature = words(about, 4)[0], words(about, 4)[1], words(about, 4)[2]
    call_frame = words(frame, 15)
    if _answers_metadata(frame) or (call_frame[4] & 0xFFFFFFFF) != _EXECUTE:
        return 0
    operands, results = words(signature, 2)[0], words(signature, 2)[1]
    if not (
        call_frame[7] == operands
        and call_frame[12] == results
        and _fits(call_frame[9], operands, signature + 16)
        and _fits(call_frame[14], results, signature + 16 + 8 * operands)
    ):
        return _refuse(frame, words(about, 4)[3])
    advise = words(common, 5)[4]
    if advise != 0:
        sizes = signature + 16 + 8 * (operands + results)
        _prefer_huge_pages(call_frame[14], results, sizes, advise)
    threads = _pool_size(frame)
    total = _team.call(kernel, frame, COUNT, threads)
    threads = min(threads, total)
    if threads > 1:
        _share(frame, kernel, total, threads, common)
    else:
        for piece in range(total):
            _team.call(kernel, frame, piece, 0)
    return 0
