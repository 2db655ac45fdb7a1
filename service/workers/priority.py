"""Threads that keep a core busy leave it to the event loop, as soon as that has something to do."""

import os
import sys
import threading

LESS = 5  # of niceness: a third of the share of one that is not nice, and no turn before it


def behind() -> None:
    """Put the calling thread behind the others of its process; where threads have no priority of their own, nothing.

    For threads that work without the interpreter's lock: who holds it must not be kept from going on.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + LESS)
