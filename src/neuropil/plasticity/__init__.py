"""Rules by which synapses change while a network runs."""

from ._hebb import Hebb as Hebb
