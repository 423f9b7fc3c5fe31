"""All kinds of attacks, in the order in which they are tried."""

from attack.attack import Attack
from attack.kinds.paths import Paths

ATTACKS: tuple[Attack, ...] = (Paths(),)
