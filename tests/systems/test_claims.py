import math

import pytest

from neuropil.systems import CATALOGUE, Bound, InputError, as_declared, check_claim, load_system

from . import fake


def checked(system, **options):
    return check_claim(system, system.claims[0], **options)


def test_a_row_says_what_was_measured_and_against_what():
    row = checked(fake.counter)
    assert row.pop("wall_s") >= 0
    assert row == {
        "system": "counter",
        "claim": "counts",
        "measured": 0.9,
        "bound": ">= 0.5",
        "holds": True,
        "ablation": {"name": "nothing in it", "measured": 0.1, "holds": False},
        "seeds": [0, 1, 2],
        "details": {"seeds_seen": 3.0},
    }


@pytest.mark.parametrize(
    ("system", "good"),
    [(fake.counter, True), (fake.boastful, False), (fake.toothless, False), (fake.empty, False)],
)
def test_only_a_claim_that_holds_with_an_ablation_that_bites_is_as_declared(system, good):
    assert as_declared(checked(system)) is good


def test_an_ablation_stored_as_null_does_not_bite():
    row = checked(fake.counter)
    row["ablation"]["measured"] = None
    assert not as_declared(row)


def test_seeds_follow_the_declaration_unless_given():
    assert checked(fake.counter, quick=True)["seeds"] == [0]
    assert checked(fake.counter, seeds=5)["seeds"] == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="at least one seed"):
        checked(fake.counter, seeds=0)


def test_a_bound_is_met_on_its_side_only_and_never_by_nan():
    assert Bound(">=", 1.0, "why").met(1.0)
    assert not Bound(">=", 1.0, "why").met(0.999)
    assert Bound("<=", 1.0, "why").met(1.0)
    assert not Bound("<=", 1.0, "why").met(1.001)
    assert not Bound(">=", 1.0, "why").met(math.nan)
    assert not Bound("<=", 1.0, "why").met(math.nan)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((">", 1.0, "why"), "relation"), ((">=", math.inf, "why"), "value"),
     ((">=", 1.0, " "), "derivation")],
)  # fmt: skip
def test_a_bound_without_meaning_is_refused(arguments, name):
    with pytest.raises(InputError, match=name):
        Bound(*arguments)


def test_the_quick_form_leaves_out_what_has_none():
    assert [claim.name for claim in fake.counter.claims_for(quick=True)] == ["counts"]
    assert len(fake.counter.claims_for(quick=False)) == 2


def test_the_small_form_is_judged_by_its_own_bound():
    easier = Bound(">=", 0.3, "a small form")
    claim = fake.claim("counts", 0.4, 0.1, quick_bound=easier)
    full, small = (check_claim(fake.counter, claim, quick=quick) for quick in (False, True))
    assert (full["bound"], full["holds"]) == (">= 0.5", False)
    assert (small["bound"], small["holds"], as_declared(small)) == (">= 0.3", True, True)


def test_every_system_of_the_catalogue_is_complete():
    for name in CATALOGUE:
        system = load_system(name)
        assert system.name == name
        assert system.reference.startswith("10.")
        names = [claim.name for claim in system.claims]
        assert len(set(names)) == len(names)
        assert system.claims_for(quick=True)


def test_an_unknown_system_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'delays'"):
        load_system("dealys")
