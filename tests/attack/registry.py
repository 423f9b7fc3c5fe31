"""All kinds of attacks, in the order in which they are tried."""

from attack.attack import Attack
from attack.kinds.bodies import Bodies
from attack.kinds.described import HubApi, TrainingApi
from attack.kinds.framing import Framing
from attack.kinds.from_pod import FromPod
from attack.kinds.headers import Headers, Hosts
from attack.kinds.ids import Ids
from attack.kinds.jobs import Creations, Previews, Submissions
from attack.kinds.methods import Methods, Pages
from attack.kinds.paths import Paths
from attack.kinds.servers import Servers
from attack.kinds.upgrades import Upgrades

ATTACKS: tuple[Attack, ...] = (
    Paths(),
    Ids(),
    Bodies(),
    Previews(),
    Submissions(),
    Creations(),
    Headers(),
    Hosts(),
    Methods(),
    Pages(),
    Servers(),
    Upgrades(),
    Framing(),
    HubApi(),
    TrainingApi(),
    FromPod(Paths(), 1.0),
    FromPod(Bodies(), 1.0),
    FromPod(Ids(), 1.0),
    FromPod(Headers(), 1.0),
    FromPod(Methods(), 0.5),
    FromPod(Framing(), 1.0),
)
