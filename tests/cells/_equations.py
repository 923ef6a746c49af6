"""The equations of the models in NumPy, v first, with the defaults of the library."""

import numpy as np


def rate(scale, x):
    """`scale x / (1 - e^-x)`, which is nowhere evaluated at its gap."""
    return scale * x / -np.expm1(-x)


def eif_field(y, i):
    (v,) = y
    return np.array([(0.02 * (-65.0 - v) + 0.02 * 3.5 * np.exp((v + 50.0) / 3.5) + i) / 0.2])


def adex_field(y, i):
    v, w = y
    upstroke = 0.03 * 2.0 * np.exp(np.minimum((v.real + 50.4) / 2.0, 30.0) + 1j * v.imag / 2.0)
    upstroke = upstroke if np.iscomplexobj(y) else upstroke.real
    return np.array(
        [
            (0.03 * (-70.6 - v) + upstroke - w + i) / 0.281,
            (0.004 * (v + 70.6) - w) / 144.0,
        ]
    )


def adex_reset(y, spike):
    v, w = y
    return np.array([np.where(spike, -70.6, v), w + 0.0805 * spike])


def qif_field(y, i):
    (v,) = y
    return np.array([(0.05 * (v + 65.0) * (v + 50.0) + 50.0 * i) / 10.0])


def glif_field(y, i):
    v, first, second, by_spike, by_voltage = y
    return np.array(
        [
            (0.005 * (-75.0 - v) + first + second + i) / 0.1,
            -first / 30.0,
            -second / 4.0,
            -by_spike / 60.0,
            (0.3 * (v + 75.0) - by_voltage) / 15.0,
        ]
    )


def glif_spikes(y, before):
    return y[0] >= -50.0 + y[3] + y[4]


def glif_reset(y, spike):
    after = y.copy()
    after[0] = np.where(spike, -75.0 + 0.2 * (y[0] + 75.0) - 1.5, y[0])
    after[1] = np.where(spike, 0.7 * y[1] - 0.06, y[1])
    after[2] = np.where(spike, y[2] + 0.02, y[2])
    after[3] = y[3] + 2.5 * spike
    return after


def izhikevich_field(y, i):
    v, u = y
    return np.array([0.04 * v * v + 4.1 * v + 108.0 - u + i, 0.02 * (-0.1 * (v + 3.0) - 0.5 * u)])


def izhikevich_reset(y, spike):
    v, u = y
    return np.array([np.where(spike, -55.0, v), u + 6.0 * spike])


def membrane(v, m, h, n, i, sodium, potassium, leak, reversals):
    to_sodium, to_potassium, to_leak = reversals
    current = leak * (to_leak - v) + sodium * m**3 * h * (to_sodium - v)
    return (current + potassium * n**4 * (to_potassium - v) + i) / 0.2


def gate(x, opening, closing):
    return opening * (1.0 - x) - closing * x


def squid_rates(v):
    return (
        (rate(1.0, (v + 40.0) / 10.0), 4.0 * np.exp(-(v + 65.0) / 18.0)),
        (0.07 * np.exp(-(v + 65.0) / 20.0), 1.0 / (1.0 + np.exp(-(v + 35.0) / 10.0))),
        (rate(0.1, (v + 55.0) / 10.0), 0.125 * np.exp(-(v + 65.0) / 80.0)),
    )


def squid_field(y, i):
    v, *gates = y
    slope = membrane(v, *gates, i, 24.0, 7.2, 0.06, (50.0, -77.0, -54.387))
    return np.array([slope, *(gate(x, *r) for x, r in zip(gates, squid_rates(v), strict=True))])


def traub_rates(v):
    x = v + 63.0
    return (
        (rate(1.28, -(13.0 - x) / 4.0), rate(1.4, -(x - 40.0) / 5.0)),
        (0.128 * np.exp((17.0 - x) / 18.0), 4.0 / (1.0 + np.exp((40.0 - x) / 5.0))),
        (rate(0.16, -(15.0 - x) / 5.0), 0.5 * np.exp((10.0 - x) / 40.0)),
    )


def traub_field(y, i):
    v, *gates = y
    slope = membrane(v, *gates, i, 20.0, 6.0, 0.01, (50.0, -90.0, -60.0))
    return np.array([slope, *(gate(x, *r) for x, r in zip(gates, traub_rates(v), strict=True))])


def settled(rates, v):
    return [opening / (opening + closing) for opening, closing in rates(np.full(2, v))]


def fitzhugh_field(y, i):
    v, w = y
    return np.array([v - v**3 / 3.0 - w + i, (v + 0.7 - 0.8 * w) / 12.5])


def morris_field(y, i):
    v, w = y
    opened = (1.0 + np.tanh((v + 1.2) / 18.0)) / 2.0
    current = 2.0 * (-60.0 - v) + 4.4 * opened * (120.0 - v) + 8.0 * w * (-84.0 - v)
    settles = (1.0 + np.tanh((v - 2.0) / 30.0)) / 2.0
    return np.array([(current + i) / 20.0, 0.04 * np.cosh((v - 2.0) / 60.0) * (settles - w)])


def pyramidal_rates(v):
    """m, h, n at the soma, s and c at the dendrite; published for a rest of 0 mV."""
    x = v + 60.0
    low = np.exp((x - 10.0) / 11.0 - (x - 6.5) / 27.0) / 18.975
    high = 2.0 * np.exp((6.5 - x) / 27.0)
    is_low = x.real <= 50.0
    with np.errstate(over="ignore"):
        opening = np.where(is_low, low, high)
    return {
        "m": (rate(1.28, -(13.1 - x) / 4.0), rate(1.4, -(x - 40.1) / 5.0)),
        "h": (0.128 * np.exp((17.0 - x) / 18.0), 4.0 / (1.0 + np.exp((40.0 - x) / 5.0))),
        "n": (rate(0.08, -(35.1 - x) / 5.0), 0.25 * np.exp(0.5 - 0.025 * x)),
        "s": (1.6 / (1.0 + np.exp(-0.072 * (x - 65.0))), rate(0.1, -(x - 51.1) / 5.0)),
        "c": (opening, np.where(is_low, high - low, 0.0)),
    }


def lesser(x, bound):
    return np.where(x.real < bound, x, bound)


def pyramidal_field(y, i):
    """Both potentials, then the gates and the calcium; `i` at the soma and at the dendrite."""
    v, v_d, c, calcium, h, n, q, s_gate = y
    soma, dendrite = pyramidal_rates(v), pyramidal_rates(v_d)
    m = soma["m"][0] / (soma["m"][0] + soma["m"][1])
    inflow = 10.0 * s_gate**2 * (80.0 - v_d)
    to_potassium = (0.8 * q + 15.0 * c * lesser(calcium / 250.0, 1.0)) * (-75.0 - v_d)
    at_soma = 0.1 * (-60.0 - v) + 30.0 * m**2 * h * (60.0 - v) + 15.0 * n * (-75.0 - v)
    at_dendrite = 0.1 * (-60.0 - v_d) + inflow + to_potassium
    slow = lesser(2e-5 * calcium, 0.01), 0.001
    return np.array(
        [
            (at_soma + (2.1 * (v_d - v) + i[0]) / 0.4) / 3.0,
            (at_dendrite + (2.1 * (v - v_d) + i[1]) / 0.6) / 3.0,
            gate(c, *dendrite["c"]),
            0.13 * inflow - 0.075 * calcium,
            gate(h, *soma["h"]),
            gate(n, *soma["n"]),
            gate(q, *slow),
            gate(s_gate, *dendrite["s"]),
        ]
    )


PYRAMIDAL = ("v", "v_dendrite", "c", "calcium", "h", "n", "q", "s")
