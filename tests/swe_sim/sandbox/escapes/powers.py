"""Attacks on privileges, the machine and the kernel. Each returns what it got hold of."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_USER = 0x10000000
NEW_MOUNTS = 0x00020000
NEW_NET = 0x40000000


def _try(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return True


def unshare_users(prey):
    return _try(LIBC.unshare(NEW_USER))


def unshare_mounts(prey):
    return _try(LIBC.unshare(NEW_MOUNTS))


def unshare_all(prey):
    return _try(LIBC.unshare(NEW_USER | NEW_MOUNTS | NEW_NET))


def clone_with_users(prey):
    child = LIBC.syscall(56, NEW_USER | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return _try(child)


def clone3_with_users(prey):
    wanted = struct.pack("<8Q", NEW_USER, 0, 0, 0, 17, 0, 0, 0)
    child = LIBC.syscall(435, wanted, len(wanted))
    if child == 0:
        os._exit(0)
    return _try(child)


def enter_namespaces(prey):
    with open(f"/proc/{prey['victim']}/ns/net") as space:
        return _try(LIBC.setns(space.fileno(), 0))


def enter_namespaces_of_a_process(prey):
    return _try(LIBC.setns(os.pidfd_open(prey["victim"]), NEW_NET))


def mount(prey):
    target = os.environ["HOME"].encode()
    return _try(LIBC.mount(b"none", target, b"tmpfs", 0, b""))


def bind_over_the_tree(prey):
    return _try(LIBC.mount(b"/", os.getcwd().encode(), b"", 0x1000, b""))


def remount_to_write(prey):
    return _try(LIBC.mount(b"none", os.getcwd().encode(), b"", 0x20 | 0x1000, b""))


def unmount(prey):
    for place in ("/proc", "/usr", os.getcwd(), "/dev/null"):
        if LIBC.umount2(place.encode(), 2) == 0:
            return True
    return False


def mount_by_files(prey):
    # fsopen
    return _try(LIBC.syscall(430, b"tmpfs", 0))


def clone_a_mount(prey):
    # open_tree with a copy
    return _try(LIBC.syscall(428, -100, b"/", 1))


def change_root(prey):
    os.chroot(os.environ["HOME"])
    return True


def become_root(prey):
    if os.getuid() == 0:
        raise PermissionError("it is that already, without privileges")
    os.setuid(0)
    return True


def become_another_user(prey):
    os.setresuid(12345, 12345, 12345)
    return True


def hold_capabilities(prey):
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    held = (ctypes.c_uint32 * 6)()
    _try(LIBC.capget(header, held))
    return any(held)


def regain_capabilities(prey):
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    wanted = (ctypes.c_uint32 * 6)(1, 1, 0, 0, 0, 0)
    return _try(LIBC.capset(header, wanted))


def gain_by_a_program(prey):
    # Without PR_GET_NO_NEW_PRIVS a set-user-id program would run with its owner's rights.
    return LIBC.prctl(39, 0, 0, 0, 0) != 1


def raise_own_limits(prey):
    import resource

    # Only a limit that there is can be raised.
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (now, most + 1))
    return True


def make_a_device(prey):
    path = Path(os.environ["HOME"], "disk")
    os.mknod(path, 0o060600, os.makedev(254, 0))
    return path.open("rb").fileno()


PRIVILEGES = (
    *(unshare_users, unshare_mounts, unshare_all, clone_with_users),
    *(clone3_with_users, enter_namespaces, enter_namespaces_of_a_process, mount),
    *(bind_over_the_tree, remount_to_write, unmount, mount_by_files, clone_a_mount),
    *(change_root, become_root, become_another_user, hold_capabilities),
    *(regain_capabilities, gain_by_a_program, raise_own_limits, make_a_device),
)


def set_the_clock(prey):
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return True


def set_the_name(prey):
    socket.sethostname(socket.gethostname())
    return True


def open_the_terminal(prey):
    return open("/dev/tty", "rb+", buffering=0).fileno()


def write_to_the_log(prey):
    return open("/dev/kmsg", "wb").fileno()


def swap_off(prey):
    # With a name that is no swap file, a privileged caller learns just that.
    LIBC.swapoff(b"/nowhere")
    return ctypes.get_errno() == 2


MACHINE = (set_the_clock, set_the_name, open_the_terminal, write_to_the_log, swap_off)


def attach_shared_memory(prey):
    number = LIBC.shmget(prey["shared_key"], 0, 0)
    return _try(number)


def open_a_message_queue(prey):
    return _try(LIBC.msgget(prey["shared_key"], 0))


QUEUES = (attach_shared_memory, open_a_message_queue)


def io_uring(prey):
    wanted = ctypes.create_string_buffer(120)
    return _try(LIBC.syscall(425, 4, wanted))


def bpf(prey):
    # A map of one entry.
    wanted = struct.pack("<IIIII", 2, 4, 4, 1, 0) + bytes(100)
    return _try(LIBC.syscall(321, 0, wanted, 20))


def user_faults(prey):
    return _try(LIBC.syscall(323, 1))


def keys(prey):
    return _try(LIBC.syscall(248, b"user", b"swe-key", b"x", 1, -3))


def memory_file(prey):
    return os.memfd_create("swe")


def profile(prey):
    wanted = struct.pack("<IIQ", 1, 112, 0) + bytes(96)
    return _try(LIBC.syscall(298, wanted, 0, -1, -1, 0))


def lease(prey):
    with open(os.__file__, "rb") as stream:
        fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return True


KERNEL = (lease, io_uring, bpf, user_faults, keys, memory_file, profile)


def variables(prey):
    known = ("HOME", "LANG", "LC_CTYPE", "PATH", "PYTHONDONTWRITEBYTECODE")
    known += ("PYTHONHASHSEED", "PYTHONNOUSERSITE", "TMPDIR")
    return sorted(set(os.environ) - set(known))


def open_files(prey):
    held = []
    for file in range(3, 256):
        try:
            os.fstat(file)
        except OSError:
            continue
        # The runner of these attacks holds one end of a pipe.
        if file != prey["report"]:
            held.append(file)
    return held


def standard_files(prey):
    return [file for file in range(3) if os.isatty(file)]


def argument_of_the_parent(prey):
    words = Path(f"/proc/{prey['parent']}/cmdline").read_bytes()
    return b"swe_sim" in words


def threads_of_ours(prey):
    return [thread.name for thread in threading.enumerate()][1:] + list(
        set(sys.modules) & {"swe_sim", "shapley_coop"}
    )


ENVIRONMENT = (
    variables,
    open_files,
    standard_files,
    argument_of_the_parent,
    threads_of_ours,
)
