"""A server hands out tasks and a client works on them; both mostly wait."""

import multiprocessing.connection
import os
import sys
import time
from pathlib import Path

SECONDS = float(sys.argv[1])


def serve(address):
    start = time.monotonic()
    with (
        multiprocessing.connection.Listener(address, "AF_UNIX") as listener,
        listener.accept() as client,
    ):
        task = 0
        while time.monotonic() - start < SECONDS:
            task += 1
            client.send(task)
            answer = client.recv()
            if task % 5 == 0:
                print("task", task, answer, flush=True)
        client.send(None)


def work(address):
    while not Path(address).exists():
        time.sleep(0.05)
    with multiprocessing.connection.Client(address, "AF_UNIX") as server:
        while (task := server.recv()) is not None:
            # A remote service answers after a while; nothing happens here.
            time.sleep(0.5 + task % 4)
            server.send(task * task)


def main():
    address = str(Path("tasks").resolve())
    child = os.fork()
    if not child:
        work(address)
        return
    serve(address)
    os.waitpid(child, 0)


main()
