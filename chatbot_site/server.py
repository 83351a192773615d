"""Daphne with a farewell: on SIGTERM it says `draining`, finishes commits, closes with 4503."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import autobahn.twisted.websocket
import autobahn.websocket.protocol
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server

from chatbot_site.lib.draining import drain
from conversations.runner import runner

MAX_WEBSOCKET_BYTES = 64 * 1024
SPREAD_SECONDS = 1.0
FINISH_SECONDS = 10.0
log = logging.getLogger(__name__)


class DrainingServer(Server):
    """Daphne alone drops every socket at once (1006) and forgets what it was writing."""

    is_stuck = False

    def install_signals(self) -> None:
        """Take SIGTERM and SIGINT over; called on the running event loop."""
        # Say why before closing: a dropped connection (1006) looks like a bad network.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        loop = asyncio.get_running_loop()

        def end() -> None:
            # Kept, because the loop holds its tasks only weakly.
            if not drain.is_ending:
                self._ending = loop.create_task(self.farewell())

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)

    async def farewell(self) -> None:
        """Drain the sockets, let started turns commit, stop. A second signal changes nothing."""
        drain.is_ending = True
        # The delay spreads the reconnects; it guards nothing.
        goodbyes = [s.drain(random.uniform(0, SPREAD_SECONDS)) for s in drain.sockets]  # noqa: S311
        await asyncio.gather(*goodbyes, return_exceptions=True)
        finished = asyncio.to_thread(runner().pool.shutdown)
        try:
            await asyncio.wait_for(finished, FINISH_SECONDS)
        except TimeoutError:
            log.warning("some turns are left to the sweeper of another process")
            self.is_stuck = True
        self.stop()


def _spare_colours() -> None:
    """Autobahn colours a debug line for every frame, also when nobody logs it: 5 % of the CPU."""
    for module in (autobahn.websocket.protocol, autobahn.twisted.websocket):
        for name in ("hltype", "hlval"):
            setattr(module, name, lambda _value: "")


def serve(application: Any, *, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; then drain and return."""
    # Daphne puts its reactor in place when its server module is imported, so this comes after.
    from twisted.internet import reactor  # noqa: PLC0415 - see above

    _spare_colours()
    server = DrainingServer(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        signal_handlers=False,
        websocket_max_message_size=MAX_WEBSOCKET_BYTES,
        websocket_max_frame_size=MAX_WEBSOCKET_BYTES,
        websocket_connect_timeout=10,
        application_close_timeout=5,
        ready_callable=ready,
        server_name="chatbot",
    )
    # Not `callWhenRunning`: that comes before the event loop runs, and its errors go nowhere.
    reactor.callLater(0, server.install_signals)  # type: ignore[arg-type]  # a function to it
    server.run()
    if server.is_stuck:
        # The interpreter would wait for the threads of turns that never end.
        os._exit(0)
