"""A server on loopback with a thread of its own. Its subclass says what it answers."""

from __future__ import annotations

import asyncio
import contextlib
import threading


class Loopback:
    """Listens from the start. A subclass writes `serve`, which handles one connection."""

    def __init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        start = asyncio.start_server(self._connect, "127.0.0.1", 0, limit=1 << 22)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        # Only `stop` cancels, and it wants no connection that failed to be told of.
        with contextlib.suppress(asyncio.CancelledError):
            await self.serve(reader, writer)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Handle one connection."""
        raise NotImplementedError

    def stop(self) -> None:
        """Close everything."""

        async def close() -> None:
            self._server.close()
            current = asyncio.current_task()
            # Connections that clients keep open would hold the loop for ever.
            others = [task for task in asyncio.all_tasks() if task is not current]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            # A connection that outlives its loop is found by whoever collects garbage next.
            for writer in self._writers:
                writer.transport.abort()
            ends = [writer.wait_closed() for writer in self._writers]
            await asyncio.gather(*ends, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
