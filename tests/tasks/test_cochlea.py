"""The cochlea against what can be computed by hand, and its symmetries."""

import math

import numpy as np
import pytest

from neuropil.tasks import Cochlea, TaskError

RATE = 8000
EAR = Cochlea(channels=32)


def tone(frequency, *, seconds=0.5, loudness=1.0):
    return loudness * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def noise(seed, seconds):
    return np.random.default_rng(seed).normal(size=int(seconds * RATE))


def counts(ear, sound):
    return np.bincount(ear.encode([sound], rate=RATE)[0][1], minlength=ear.channels)


def test_centres_are_equally_spaced_on_the_erb_scale():
    centres = EAR.frequencies()
    assert centres[[0, -1]] == pytest.approx([100.0, 3600.0])
    steps = np.diff(21.4 * np.log10(1 + 0.00437 * centres))
    np.testing.assert_allclose(steps, steps[0])


@pytest.mark.parametrize("channel", [3, 9, 15, 21, 27])
def test_a_pure_tone_excites_its_own_channel_most(channel):
    fired = counts(Cochlea(channels=32, refractory=0.0), tone(EAR.frequencies()[channel]))
    assert fired.argmax() == channel
    assert fired[channel] > 2 * fired[[0, -1]].max()


@pytest.mark.parametrize("channel", [10, 16, 22])
def test_hair_cells_of_a_tone_release_what_the_integral_says(channel):
    # The filter has unit gain and the tone, levelled, amplitude sqrt(2): the mean over a period of
    # max(0, sqrt(2) sin)^a is 2^(a/2) Gamma((a+1)/2) / (2 sqrt(pi) Gamma(a/2 + 1)).
    a = EAR.exponent
    beta = math.gamma((a + 1) / 2) / (2 * math.sqrt(math.pi) * math.gamma(a / 2 + 1))
    sound = math.sqrt(2) * tone(EAR.frequencies()[channel], seconds=1.0)
    released = EAR._transduce([sound], RATE, 8)[0, 200:900, channel]
    assert released.mean() == pytest.approx(2 ** (a / 2) * beta, rel=0.02)


@pytest.mark.parametrize("refractory", [0.0, 8.0])
@pytest.mark.parametrize("drive", [0.16, 0.3, 0.6, 20.0])
def test_a_constant_release_fires_at_the_rate_of_the_closed_form(drive, refractory):
    ear = Cochlea(channels=1, refractory=refractory)
    fired = ear._fire(np.full((1, 400, 1), drive, np.float32))[0, :, 0]
    # v after n steps is G h (1 - exp(-n step / tau)), and a spike comes where that reaches 1.
    needed = math.ceil(-ear.tau * math.log(1 - 1 / (ear.gain * drive)) / ear.step)
    expected = np.arange(needed - 1, 400, needed + refractory)
    np.testing.assert_array_equal(np.flatnonzero(fired), expected)


def test_a_release_below_threshold_never_fires():
    assert not EAR._fire(np.full((1, 1000, 32), 0.999 / EAR.gain, np.float32)).any()


def test_silence_gives_no_spikes():
    times, channels = EAR.encode([np.zeros(4000)], rate=RATE)[0]
    assert times.size == channels.size == 0


def test_what_is_louder_within_a_sound_fires_more():
    frequency = EAR.frequencies()[16]
    sound = np.concatenate([tone(frequency, loudness=0.1), tone(frequency)])
    times, channels = Cochlea(channels=32, refractory=0.0).encode([sound], rate=RATE)[0]
    when = times[channels == 16]
    assert 0 < 2 * np.sum(when < 500) < np.sum(when >= 500)


def test_more_gain_fires_more():
    totals = [counts(Cochlea(gain=gain), noise(0, 0.5)).sum() for gain in (4.0, 7.0, 14.0, 28.0)]
    assert 0 < totals[0] < totals[1] < totals[2] < totals[3]


def test_loudness_of_the_whole_sound_changes_nothing():
    sound = noise(1, 0.4)
    for scale in (2.0**-12, 2.0**10):
        same(EAR.encode([sound], rate=RATE)[0], EAR.encode([scale * sound], rate=RATE)[0])


def same(one, other):
    for mine, yours in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_a_sound_is_encoded_the_same_alone_and_among_others():
    sounds = [noise(k, 0.1 + 0.01 * (k * 37 % 71)) for k in range(71)]
    together = EAR.encode(sounds, rate=RATE)
    for k in (0, 5, 30, 70):
        same(EAR.encode([sounds[k]], rate=RATE)[0], together[k])


def test_times_are_whole_steps_in_order_within_the_sound():
    times, channels = Cochlea(step=0.5).encode([noise(2, 0.3)], rate=RATE)[0]
    np.testing.assert_array_equal(times % 0.5, 0)
    assert np.all(np.diff(times) >= 0)
    assert 0 <= times.min() <= times.max() < 300
    assert 0 <= channels.min() <= channels.max() < 64


def test_times_are_in_ms_at_any_rate():
    for rate in (8000, 16_000, 44_000):
        time = np.arange(rate) / rate
        sound = np.where(time < 0.5, 0.0, np.sin(2 * np.pi * 1000.0 * time))
        times, _ = EAR.encode([sound], rate=rate)[0]
        assert 500 <= times.min() < 510
        assert 980 <= times.max() < 1000


def test_cannot_be_changed_and_compares_by_value():
    assert Cochlea(gain=7) == Cochlea() != Cochlea(gain=8.0)
    assert repr(Cochlea(gain=7)) == repr(Cochlea(gain=np.float32(7)))
    with pytest.raises(AttributeError):
        EAR.gain = 3.0


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("channels", 0),
        ("channels", 64.0),
        ("low", -1.0),
        ("high", 100.0),
        ("high", math.inf),
        ("emphasis", 0.0),
        ("exponent", 1.5),
        ("exponent", "0.4"),
        ("gain", math.nan),
        ("tau", True),
        ("refractory", -1.0),
        ("step", 0.0),
    ],
)
def test_a_nonsense_parameter_is_refused(argument, value):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        Cochlea(**{argument: value})


@pytest.mark.parametrize(
    ("sounds", "options", "text"),
    [
        ([np.zeros(0)], {}, "sounds: got shape"),
        ([np.zeros((2, 100))], {}, "sounds: got shape"),
        (np.zeros(100), {}, "sounds: got shape"),
        ([np.array(["a"])], {}, "sounds: got shape"),
        ([np.array([0.0, math.nan])], {}, "sounds: got NaN"),
        ([np.zeros(10)], {"rate": 7000}, "rate: got 7000"),
        ([np.zeros(10)], {"rate": 8000.0}, "rate: got 8000.0"),
        ([np.zeros(10)], {"rate": 44_100}, "step: got 1 ms, which is 44.1 samples at 44100 Hz"),
    ],
)
def test_a_nonsense_sound_is_refused(sounds, options, text):
    with pytest.raises(TaskError, match=rf"(?s)^{text}.*; expected .*\nFix: "):
        EAR.encode(sounds, **{"rate": RATE, **options})


def test_the_step_that_the_error_proposes_is_accepted():
    with pytest.raises(TaskError) as refused:
        EAR.encode([np.zeros(441)], rate=44_100)
    step = float(str(refused.value).split("step=")[1].split()[0])
    assert Cochlea(step=step).encode([np.zeros(441)], rate=44_100)[0][0].size == 0
