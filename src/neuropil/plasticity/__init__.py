"""Rules by which synapses change while a network runs."""

from ._hebb import Hebb as Hebb
from ._tempotron import Tempotron as Tempotron
from ._tempotron import TempotronTrace as TempotronTrace
