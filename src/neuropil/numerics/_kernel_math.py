"""Elementary functions in single precision without branches, so that loops over them vectorise.

Each is within a few units in the last place of the true value; the C library's own would be called
one number at a time. The polynomials are least-squares fits in Chebyshev points.
"""

from numba import types
from numba.extending import intrinsic
from numpy import float32, int32

from ._ffi import inner

_LOG2_E = float32(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = float32(0.693359375), float32(-2.1219444005469057e-4)
_TO_INTEGER = float32(1.5 * 2**23)  # adding it leaves no bits for a fraction
_SMALLEST_NORMAL = float32(1.1754943508222875e-38)
_INFINITY, _NAN = float32("inf"), float32("nan")
_SQRT_HALF_BITS = 0x3F3504F3

vectorisable = inner(fastmath={"contract"})


@intrinsic
def _to_bits(typing_context, number):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


@intrinsic
def _from_bits(typing_context, bits):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


@vectorisable
def _power_of_two(k):
    return _from_bits(int32(int32(k + int32(127)) << int32(23)))


@vectorisable
def _expm1_tail(r):
    """Return (e^r - 1 - r) / r^2 for |r| < 1/2."""
    p = float32(2.493974189447122e-05)
    p = p * r + float32(0.0001996218605465575)
    p = p * r + float32(0.001388867282965984)
    p = p * r + float32(0.00833318204087541)
    p = p * r + float32(0.041666667747456275)
    p = p * r + float32(0.16666667139685676)
    return p * r + float32(0.49999999999155337)


@vectorisable
def exp(x):
    """Return e^x."""
    bounded = float32(-105) if x < float32(-105) else x
    bounded = float32(90) if bounded > float32(90) else bounded
    rounded = float32(float32(bounded * _LOG2_E + _TO_INTEGER) - _TO_INTEGER)
    r = (bounded - rounded * _LN2_HIGH) - rounded * _LN2_LOW
    power = float32(1) + (r + r * r * _expm1_tail(r))
    k = int32(rounded if x == x else float32(0))
    half = int32(k >> int32(1))  # twice half the exponent reaches the ends of the range
    return power * _power_of_two(half) * _power_of_two(int32(k - half))


@vectorisable
def expm1(x):
    """Return e^x - 1."""
    small = x + x * x * _expm1_tail(x)
    return small if abs(x) < float32(0.5) else exp(x) - float32(1)


@vectorisable
def tanh(x):
    """Return the hyperbolic tangent."""
    z = x * x
    p = float32(0.0022958413187826893)
    p = p * z + float32(-0.008346980555003394)
    p = p * z + float32(0.021769960941067448)
    p = p * z + float32(-0.05395940591245955)
    p = p * z + float32(0.13333304277890784)
    p = p * z + float32(-0.33333333177851054)
    small = x + x * z * p
    t = exp(float32(-2) * abs(x))
    large = (float32(1) - t) / (float32(1) + t)
    return small if abs(x) < float32(0.625) else (large if x > float32(0) else -large)


@vectorisable
def log(x):
    """Return the natural logarithm."""
    tiny = x < _SMALLEST_NORMAL
    bits = _to_bits(x * float32(2**23) if tiny else x)
    k = int32(int32(bits - int32(_SQRT_HALF_BITS)) >> int32(23))
    f = _from_bits(int32(bits - int32(k << int32(23)))) - float32(1)
    p = float32(-0.06362050692628382)
    p = p * f + float32(0.10623061153377109)
    p = p * f + float32(-0.10624639946773684)
    p = p * f + float32(0.11021010705771848)
    p = p * f + float32(-0.12451387598320657)
    p = p * f + float32(0.1428749465961436)
    p = p * f + float32(-0.1666800688082377)
    p = p * f + float32(0.19999991771767328)
    p = p * f + float32(-0.24999990099721983)
    p = p * f + float32(0.33333333335565035)
    exponent = float32(k) - (float32(23) if tiny else float32(0))
    tail = f * f * (f * p - float32(0.5)) + exponent * _LN2_LOW
    value = (tail + f) + exponent * _LN2_HIGH
    value = value if x < _INFINITY else x
    value = value if x > float32(0) else (-_INFINITY if x == float32(0) else x - x)
    return value if x >= float32(0) else _NAN


@vectorisable
def log1p(x):
    """Return ln(1 + x)."""
    u = float32(1) + x
    lost = (x - (u - float32(1))) / u
    return log(u) + (lost if (u > float32(0)) & (u < _INFINITY) else float32(0))
