"""What a kind of attack is; ``attack.registry`` lists them all."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import ClassVar

from attack.classification import Classification, classify
from attack.exchange import Answer
from attack.request import Request
from attack.scene import Caller, Scene


class Attack(ABC):
    """A generator of requests of one kind, and the classify of their answers.

    Subclasses are listed in ``attack.registry``.
    """

    name: ClassVar[str]
    """In the table; lower case, a few words."""

    weight: ClassVar[float] = 1.0
    """Its part of all requests, beside the others'."""

    together: ClassVar[int] = 16
    """Requests at once: nobody may have more answered than 40, of all kinds."""

    is_drawn_slowly: ClassVar[bool] = False
    """Whether each request takes milliseconds to make: answers are read meanwhile."""

    callers: ClassVar[Sequence[str]]
    """Roles of those who send them, in turn."""

    def requests(
        self, random: Random, turns: Iterable[Caller], scene: Scene
    ) -> Iterator[tuple[Request, Caller]]:
        """Yield a request for each turn, with its caller.

        Args:
            random: Source of everything that differs.
            turns: Who sends them, one after the other.
            scene: Whom they are aimed at.
        """
        for caller in turns:
            yield self.request(random, caller, scene), caller

    @abstractmethod
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return the next request.

        Whatever differs from one to the next is drawn from ``random``, so that the seed
        gives the same requests again.

        Args:
            random: Source of everything that differs.
            caller: Who sends it.
            scene: Whom it is aimed at.
        """

    def classify(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Classification:
        """Classify an answer; by what holds for all kinds, unless a kind knows more.

        Args:
            request: What was sent.
            answer: What came back.
            caller: Who sent it.
            scene: Whom it was aimed at.
        """
        return classify(request, answer, caller, scene)

    def follow_up(
        self, request: Request, answer: Answer, caller: Caller, scene: Scene
    ) -> Request | None:
        """Return a request that undoes what the caller might do; None for none.

        Args:
            request: What was sent.
            answer: What came back.
            caller: Who sent it.
            scene: Whom it was aimed at.
        """
        del request, answer, caller, scene
        return None
