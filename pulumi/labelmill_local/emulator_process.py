"""The program of the emulator's process: ministack on the loopback, with a snapshot of its state every two seconds.

Run as a script by `emulator.Emulator`, which sets the environment that ministack reads on import.
"""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # behind all packages: a module of ours hides none of theirs
from labelmill_local.guard import guard

SNAPSHOT_SECONDS = 2


def main(state: Path, port: int) -> None:
    """Serves until SIGTERM, SIGINT, or the parent's end. Says `port N` on stdout once the port is ours."""
    with (state / "emulator.lock").open("a") as lock:
        # After a parent was killed, its emulator may still be saving: two must never share the state.
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        listener = socket.create_server(("127.0.0.1", port))
        os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])
        print(f"port {os.environ['GATEWAY_PORT']}", flush=True)
        asyncio.run(_serve(listener.detach()))


async def _serve(listener: int) -> None:
    """`listener`: descriptor of the listening socket, which the server closes."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app  # reads the environment when imported

    logging.getLogger("persistence").setLevel(logging.ERROR)  # it tells of every file it saves
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"

    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    stop_snapshots = threading.Event()
    parent = os.getppid()

    def snapshots() -> None:
        while not stop_snapshots.wait(SNAPSHOT_SECONDS):
            if os.getppid() != parent:
                loop.call_soon_threadsafe(ending.set)
                return
            # A store that changes while it is written is logged as not saved, and is saved two seconds later; each
            # file is replaced as a whole.
            app.save_all(app._build_persistence_save_dict())

    thread = threading.Thread(target=snapshots, name="snapshots")
    thread.start()

    async def ended() -> None:
        await ending.wait()
        stop_snapshots.set()
        # Or a snapshot could be written over what the end saves.
        await asyncio.to_thread(thread.join)

    port = int(os.environ["GATEWAY_PORT"])
    await serve(guard(app.app, port), config, shutdown_trigger=ended)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
