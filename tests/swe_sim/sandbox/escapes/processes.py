"""Attacks on other processes. Each returns what it got hold of, if it got out."""

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)


def _try(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return True


def see(prey):
    return b"time.sleep" in Path(f"/proc/{prey['victim']}/cmdline").read_bytes()


def see_any(prey):
    own = os.stat("/proc/self").st_uid
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return prey["victim"] in numbers and own is not None


def read_variables(prey):
    return prey["word"] in Path(f"/proc/{prey['victim']}/environ").read_text()


def read_memory(prey):
    with open(f"/proc/{prey['victim']}/mem", "rb") as memory:
        return memory.fileno()


def read_memory_by_call(prey):
    with contextlib.suppress(OSError):
        maps = Path(f"/proc/{prey['victim']}/maps").read_text()
        return _reads(prey["victim"], int(maps.split("-")[0], 16))
    # Without the map, an answer that the address is wrong means that it could read.
    return _reads(prey["victim"], 4096)


def _reads(process, place):
    own = ctypes.create_string_buffer(16)
    here = (ctypes.c_size_t * 2)(ctypes.addressof(own), 16)
    there = (ctypes.c_size_t * 2)(place, 16)
    length = LIBC.process_vm_readv(process, here, 1, there, 1, 0)
    return length == 16 or ctypes.get_errno() == errno.EFAULT


def trace(prey):
    # PTRACE_SEIZE does not stop the victim.
    _try(LIBC.ptrace(0x4206, prey["victim"], None, None))
    LIBC.ptrace(17, prey["victim"], None, None)
    return True


def trace_the_parent(prey):
    return _try(LIBC.ptrace(0x4206, prey["parent"], None, None))


def signal_victim(prey):
    # The victim ignores it, unless it gets there at all.
    os.kill(prey["victim"], signal.SIGCONT)
    return True


def signal_group(prey):
    os.killpg(prey["victim"], signal.SIGCONT)
    return True


def signal_by_file(prey):
    file = os.pidfd_open(prey["victim"])
    signal.pidfd_send_signal(file, signal.SIGCONT)
    return True


def signal_by_owner(prey):
    # What arrives at an open file is signalled to its owner, with a signal of one's choice.
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, prey["victim"])
    fcntl.fcntl(ours, 10, signal.SIGCONT)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    return theirs.send(b"x")


def signal_thread(prey):
    # tgkill
    _try(LIBC.syscall(234, prey["victim"], prey["victim"], int(signal.SIGCONT)))
    return True


def slow_down(prey):
    os.setpriority(os.PRIO_PROCESS, prey["victim"], 1)
    return True


def move_to_a_core(prey):
    os.sched_setaffinity(prey["victim"], os.sched_getaffinity(prey["victim"]))
    return True


def limit(prey):
    import resource

    return resource.prlimit(prey["victim"], resource.RLIMIT_NOFILE, (512, 512))


def take_a_file(prey):
    victim = os.pidfd_open(prey["victim"])
    # pidfd_getfd
    return _try(LIBC.syscall(438, victim, 1, 0))


def compare(prey):
    # kcmp
    return _try(LIBC.syscall(312, os.getpid(), prey["victim"], 1, 0, 0))


ATTACKS = (
    *(see, see_any, read_variables, read_memory, read_memory_by_call, trace),
    *(trace_the_parent, signal_victim, signal_group, signal_by_file),
    *(signal_by_owner, signal_thread),
    *(slow_down, move_to_a_core, limit, take_a_file, compare),
)
