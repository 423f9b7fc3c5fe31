"""Send notices beside everything else, and again for a while where they are not taken.

What waits for that is lost with the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from mofang_hub.notices.contract import Notice, NoticeError, NoticeSender

log = logging.getLogger(__name__)

PAUSES_SECONDS = (5.0, 30.0, 120.0, 600.0)
"""Between tries to send."""

MOST_WAITING = 1000
_AT_ONCE = 4


class NoticeDelivery:
    """Sends what is put into it.

    Args:
        senders: Where notices go.
        pauses: Seconds between tries to send.
    """

    def __init__(
        self,
        senders: Sequence[NoticeSender],
        *,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._pauses = pauses
        self._queues: list[tuple[NoticeSender, asyncio.Queue[Notice]]] = [
            (each, asyncio.Queue(MOST_WAITING)) for each in senders
        ]

    @property
    def is_wanted(self) -> bool:
        """Whether there is anybody to send to."""
        return bool(self._queues)

    def put(self, notice: Notice) -> None:
        """Have a notice sent to all whom it is for."""
        for sender, queue in self._queues:
            if not sender.accepts(notice):
                continue
            try:
                queue.put_nowait(notice)
            except asyncio.QueueFull:
                log.warning("Notice dropped: %s", _describe(sender, notice))

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for sender, queue in self._queues:
                for _ in range(_AT_ONCE):
                    tasks.create_task(self._send_all(sender, queue))

    async def _send_all(
        self, sender: NoticeSender, queue: asyncio.Queue[Notice]
    ) -> None:
        while True:
            await self.send(sender, await queue.get())

    async def send(self, sender: NoticeSender, notice: Notice) -> None:
        """Send one notice, as often as it takes and has a point.

        Args:
            sender: By whom.
            notice: What.
        """
        about = _describe(sender, notice)
        for pause in (*self._pauses, None):
            try:
                await sender.send(notice)
            except NoticeError as err:
                if pause is None or err.is_final:
                    log.warning("Notice not sent: %s. %s", about, err)
                    return
                log.warning("Notice is sent again: %s. %s", about, err)
                await asyncio.sleep(pause)
            except Exception:
                log.exception("Sending a notice broke: %s", about)
                return
            else:
                log.info("Notice sent: %s", about)
                return


def _describe(sender: NoticeSender, notice: Notice) -> str:
    what = " ".join(f"{kind} {name}" for kind, name in notice.subject.items())
    return f"{notice.event} of {what} by {sender.name}"
