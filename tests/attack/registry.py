"""All kinds of attacks, in the order in which they are tried."""

from attack.attack import Attack
from attack.kinds.bodies import Bodies
from attack.kinds.described import HubApi, TrainingApi
from attack.kinds.framing import Framing
from attack.kinds.from_pod import FromPod
from attack.kinds.headers import Headers, Hosts
from attack.kinds.ids import Ids, JobsPageIds
from attack.kinds.jobs import Creations, Previews, Submissions
from attack.kinds.methods import Methods, Pages
from attack.kinds.paths import Paths
from attack.kinds.servers import Servers
from attack.kinds.upgrades import Upgrades
from attack.kinds.usage import Activity, Usage

ROUNDS: tuple[tuple[Attack, ...], ...] = (
    (Framing(), Previews(), Pages(), Paths()),
    (FromPod(Framing(), 1.0), Ids(), Methods(), Servers(), Usage()),
    (Bodies(), Submissions(), FromPod(Paths(), 1.0), HubApi(), Activity()),
    (Headers(), Hosts(), FromPod(Bodies(), 1.0), TrainingApi(), JobsPageIds()),
    (
        Upgrades(),
        Creations(),
        FromPod(Ids(), 1.0),
        FromPod(Headers(), 1.0),
        FromPod(Methods(), 0.5),
    ),
)
"""Those of a round are sent at the same time.

One person may ask for so much a second, and some answers take 10 s: a kind by itself
would leave most of the platform idle.
"""

ATTACKS = tuple(each for together in ROUNDS for each in together)
