"""Numbers of the system calls that the filter speaks of, by machine, and why each is refused."""

from __future__ import annotations

import platform

# name: (number on x86_64, number on aarch64), None where a machine has no such call
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # The network, and services of the host that listen on sockets.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    # Files by number instead of by name, and properties that no rule on files covers.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "fanotify_init": (300, 262),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    # Extended attributes by a path, which no rule on files covers either.
    "getxattr": (191, 8),
    "lgetxattr": (192, 9),
    "listxattr": (194, 11),
    "llistxattr": (195, 12),
    "getxattrat": (464, 464),
    "listxattrat": (465, 465),
    # Memory and queues that outlive a process, or that no limit counts.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Wide doors into the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    # The machine as a whole.
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "vhangup": (153, 58),
    # Handled with care.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "prlimit64": (302, 261),
    "socketpair": (53, 199),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
}
IGNORED = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("utime", "utimes", "futimesat", "utimensat"),
)
"""Calls that change modes and times of files. No rule on files covers them, and copying a file
needs them, so that they succeed without an effect."""
UNSUPPORTED = (
    *("getxattr", "lgetxattr", "listxattr", "llistxattr"),
    *("getxattrat", "listxattrat"),
)
"""Calls that read attributes of files anywhere. Who copies a file goes on where a file system has
none, so that this is what they say."""
SIGNALS = (
    *("kill", "tkill", "tgkill", "pidfd_send_signal"),
    *("rt_sigqueueinfo", "rt_tgsigqueueinfo"),
)
"""Refused where Landlock does not keep signals inside."""
FORKS = ("fork", "vfork", "clone")
"""Each asks the supervisor, who counts processes."""
BY_ARGUMENT = ("clone", "clone3", "prlimit64", "socketpair", "ioctl", "fcntl")
ALLOWED_IOCTLS = (
    *(0x5401, 0x802C542A, 0x5413, 0x541B),
    *(0x5421, 0x5450, 0x5451),
    *(0x40049409, 0x4020940D),
)
"""What every program asks of its streams, whether to wait and to inherit, and copies of a file into
one that is open to be written. File systems and drivers have thousands of others, some of which
change files that are open to be read, and no rules cover them."""
ALLOWED_FCNTLS = (*range(8), 9, *range(36, 39), *range(1030, 1033))
"""Copies of open files, their flags and locks, and sizes of pipes. Others make processes wait, or
have the kernel signal a process that is named."""
NEWEST = 470
"""Later calls were not known when this was written, and are refused."""
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def machine() -> int:
    """Return the number by which the kernel names this machine in a filter."""
    return _MACHINES[platform.machine()][1]


def numbers(names: tuple[str, ...]) -> list[int]:
    """Return the numbers of those calls that this machine has."""
    column = _MACHINES[platform.machine()][0]
    known = [_NUMBERS[name][column] for name in names]
    return [number for number in known if number is not None]


def refusals(*, signals_are_scoped: bool) -> tuple[str, ...]:
    """Return the names of all calls that fail whatever their arguments are."""
    handled = {*IGNORED, *UNSUPPORTED, *FORKS, *BY_ARGUMENT}
    if signals_are_scoped:
        handled |= set(SIGNALS)
    return tuple(name for name in _NUMBERS if name not in handled)
