import enum
from dataclasses import dataclass

import pytest

from neuropil.systems import (
    InputError,
    describe_settings,
    parse_settings,
    setting,
    settings_from_json,
    settings_to_json,
)

from .fake import Settings


class Mode(enum.Enum):
    FAST = "fast"
    EXACT = "exact"


@dataclass(frozen=True)
class WithMode:
    mode: Mode = setting(Mode.FAST, "how")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("epochs=7", "epochs", 7),
        ("rate = 1e-3", "rate", 1e-3),
        ("kind=fancy", "kind", "fancy"),
        ("hidden=3,4", "hidden", (3, 4)),
        ("hidden=5", "hidden", (5,)),
        ("hidden=none", "hidden", None),
        ("loud=yes", "loud", True),
        ("loud=0", "loud", False),
    ],
)
def test_a_text_becomes_a_value_of_the_fields_type(text, name, value):
    parsed = getattr(parse_settings(Settings, [text]), name)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "text",
    ["epochs=2.5", "epochs=", "rate=fast", "rate=nan", "rate=inf", "kind=odd", "loud=perhaps",
     "hidden=3,x", "hidden=", "epochs", "=3"],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_all_that_can_be_set(text):
    with pytest.raises(InputError, match="What can be set") as caught:
        parse_settings(Settings, [text])
    for row in describe_settings(Settings):
        assert row["name"] in str(caught.value)
        assert row["type"] in str(caught.value)
        assert row["default"] in str(caught.value)


@dataclass(frozen=True)
class WithLimits:
    epochs: int | None = setting(None, "passes over the data", least=1)
    hidden: tuple[int, ...] = setting((2,), "neurons per layer", least=1, most=1000)
    rate: float = setting(0.5, "step size", least=0)


@pytest.mark.parametrize("text", ["epochs=0", "epochs=-3", "hidden=4,0", "hidden=-4", "rate=-1e-9"])
def test_a_number_too_small_is_refused_with_its_name_and_what_can_be_set(text):
    key = text.partition("=")[0]
    with pytest.raises(InputError, match=rf"--set {key}: got .*; expected at least") as caught:
        parse_settings(WithLimits, [text])
    assert "What can be set" in str(caught.value)
    with pytest.raises(InputError, match="at least"):
        settings_from_json(WithLimits, {key: text.partition("=")[2]})


@pytest.mark.parametrize("text", ["epochs=1", "epochs=none", "hidden=1,1", "rate=0"])
def test_the_least_number_itself_is_taken(text):
    key, _, value = text.partition("=")
    assert settings_to_json(parse_settings(WithLimits, [text]))[key] in (1, None, [1, 1], 0.0)


def test_a_number_too_large_is_refused_before_anything_is_built():
    with pytest.raises(
        InputError, match="--set hidden: got '8,1001'; expected at least 1, at most"
    ):
        parse_settings(WithLimits, ["hidden=8,1001"])
    assert parse_settings(WithLimits, ["hidden=1000"]).hidden == (1000,)


@pytest.mark.parametrize("name", ["least", "most"])
def test_a_limit_that_is_no_number_is_refused(name):
    with pytest.raises(InputError, match=name):
        setting(1, "how many", **{name: "1"})


def test_an_unknown_key_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'epochs'"):
        parse_settings(Settings, ["epoch=3"])


def test_an_enum_is_set_by_its_value():
    assert parse_settings(WithMode, ["mode=exact"]).mode is Mode.EXACT
    with pytest.raises(InputError, match=r"fast \| exact"):
        parse_settings(WithMode, ["mode=slow"])


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(7, 1e-7, "fancy", (3, 4), True, 0.25),
        Settings(hidden=(1,)),
        WithMode(Mode.EXACT),
    ],
)
def test_settings_survive_json(settings):
    assert settings_from_json(type(settings), settings_to_json(settings)) == settings
