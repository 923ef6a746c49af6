"""Networks made of attention, synchronisation and inner time: nodes that compose other rooms'."""

from ._attention import Attention as Attention
from ._attentive_lstm import AttentiveLSTM as AttentiveLSTM
from ._attentive_lstm import Glance as Glance
from ._from_published import from_published as from_published
from ._synapse_models import LinearSynapses as LinearSynapses
from ._synapse_models import UNetSynapses as UNetSynapses
from ._synapse_models import synapse_model as synapse_model
from ._thought_machine import ContinuousThoughtMachine as ContinuousThoughtMachine
from ._thought_machine import Pairing as Pairing
from ._thought_machine import Thought as Thought
from ._thought_machine import ThoughtState as ThoughtState
from ._thought_machine import continuous_thought_machine as continuous_thought_machine
