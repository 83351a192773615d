"""Which sockets to say farewell to before the process ends."""

from typing import Protocol


class Drainable(Protocol):
    """A socket that can be told to reconnect elsewhere."""

    async def drain(self, in_seconds: float) -> None:
        """Announce the end, then close so that the client retries."""


class Drain:
    """State of one process: whether it is ending, and who is connected. Used on the event loop."""

    def __init__(self) -> None:
        self.is_ending = False
        self.sockets: set[Drainable] = set()


drain = Drain()
