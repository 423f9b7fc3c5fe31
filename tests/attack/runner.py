"""Send the requests of all kinds, and count what became of them."""

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil
from random import Random

from attack.attack import Attack
from attack.people import NEIGHBOUR
from attack.report import Tally
from attack.request import Request
from attack.scene import Caller, Scene
from attack.sender import PodRelay, Sender
from attack.services import NAMESPACE, Services
from attack.stage import namespace, pod_of, set_up
from attack.state import State
from support.platform import Platform

Rounds = Sequence[Sequence[Attack]]


def shares(attacks: Sequence[Attack], total: int) -> dict[str, int]:
    """Return how many requests each kind gets, by name; no fewer than so many."""
    weights = sum(each.weight for each in attacks)
    return {each.name: ceil(total * each.weight / weights) for each in attacks}


def generate(
    attack: Attack, scene: Scene, seed: int, count: int
) -> Iterator[tuple[Request, Caller]]:
    """Yield the requests of one kind: the same for a seed and a scene.

    Args:
        attack: The kind.
        scene: Whom they are aimed at.
        seed: Of the run.
        count: How many.
    """
    random = Random(f"{seed} {attack.name}")
    turns = itertools.islice(_turns(attack, scene), count)
    yield from attack.requests(random, turns, scene)


def _turns(attack: Attack, scene: Scene) -> Iterator[Caller]:
    roles = [itertools.cycle(scene.callers[role]) for role in attack.callers]
    while True:
        for callers in roles:
            yield next(callers)


async def _send_all(
    sender: Sender,
    attack: Attack,
    scene: Scene,
    requests: Iterable[tuple[Request, Caller]],
    tally: Tally,
) -> None:
    """Send the requests, some at once.

    Args:
        sender: By whom.
        attack: Their kind.
        scene: Whom they are aimed at.
        requests: The requests and who sends them.
        tally: Where the answers are counted.
    """
    left = iter(requests)

    async def work() -> None:
        for request, caller in left:
            answer = await sender.send(request, caller)
            tally.add(request, answer, attack.classify(request, answer, caller, scene))
            undo = attack.follow_up(request, answer, caller, scene)
            if undo is not None:
                await sender.send(undo, caller)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(attack.together):
            group.create_task(work())
    tally.seconds = time.monotonic() - began


async def _run(
    platform: Platform,
    scene: Scene,
    rounds: Rounds,
    options: tuple[int, int],
    after: Callable[[list[Tally]], None],
) -> None:
    seed, total = options
    counts = shares([each for attacks in rounds for each in attacks], total)
    gateway = _address(scene.host)
    pod = await asyncio.to_thread(pod_of, platform, scene.other_project, NEIGHBOUR)
    async with PodRelay(namespace(scene.other_project), pod) as relay:
        sender = Sender(gateway, relay, NAMESPACE)
        for attacks in rounds:
            tallies = []
            async with asyncio.TaskGroup() as group:
                for attack in attacks:
                    tallies.append(Tally(name=attack.name))
                    requests = generate(attack, scene, seed, counts[attack.name])
                    if attack.is_drawn_slowly:
                        requests = iter(await asyncio.to_thread(list, requests))
                    sending = _send_all(sender, attack, scene, requests, tallies[-1])
                    group.create_task(sending)
            await asyncio.to_thread(after, tallies)
        sender.close()


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    # Names below localhost are this machine for browsers, and not for every resolver.
    address = "127.0.0.1" if name.endswith("localhost") else socket.gethostbyname(name)
    return address, int(port or 80)


def run(
    platform: Platform,
    rounds: Rounds,
    *,
    seed: int,
    total: int,
    report: Callable[[Tally], None],
    end: Callable[[list[Tally]], None],
) -> None:
    """Make the scene, send the requests of all kinds, and remove the scene.

    Args:
        platform: The platform.
        rounds: The kinds; those of a round are sent at the same time.
        seed: Of everything that is drawn.
        total: About how many requests there are in all.
        report: Is called when those of a kind have been sent.
        end: Is called with all, before the scene is removed.
    """
    tallies: list[Tally] = []
    with set_up(platform) as (scene, people):
        state, services = State(platform, people, scene), Services(platform)

        def after(sent: list[Tally]) -> None:
            names = ", ".join(each.name for each in sent)
            for each in state.differences():
                sent[-1].add_change(f"{each} (of this round: {names})")
            tallies.extend(sent)
            for tally in sent:
                report(tally)

        asyncio.run(_run(platform, scene, rounds, (seed, total), after))
        of_services = Tally(name="what the services wrote")
        for each in services.faults():
            of_services.add_fault(each)
        tallies.append(of_services)
        report(of_services)
        end(tallies)
