"""Code that uses more than it may. Each is run by itself."""

FORKS = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        made += 1
except OSError:
    pass
print(made)
"""

FORKS_OF_FORKS = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""

HOPPING = """
import os, sys, time
# Each process ends as soon as its child is there, so that no list of processes is ever current.
until = time.monotonic() + 30
while time.monotonic() < until:
    try:
        if os.fork():
            os._exit(0)
        os.setsid()
    except OSError:
        pass
"""

THREADS = """
import threading, time
made = 0
try:
    while made < 500:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        made += 1
except RuntimeError:
    pass
print(made, flush=True)
import os
os._exit(0)
"""

MEMORY = """
held = []
while True:
    held.append(bytearray(8_000_000))
"""

MEMORY_OF_MANY = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        held = bytearray(b'x') * 40_000_000
        time.sleep(30)
time.sleep(30)
"""

ONE_HUGE_FILE = """
import os
try:
    with open(os.environ['HOME'] + '/huge', 'wb') as stream:
        while True:
            stream.write(bytes(1_000_000))
except OSError:
    print(os.path.getsize(os.environ['HOME'] + '/huge'))
"""

SPARSE_FILE = """
import os
try:
    with open(os.environ['HOME'] + '/sparse', 'wb') as stream:
        stream.truncate(1 << 40)
    print('made')
except OSError:
    pass
"""

MANY_FILES = """
import os, time
home = os.environ['HOME']
held = 0
try:
    for number in range(200):
        with open(f'{home}/{number}', 'wb') as stream:
            stream.write(bytes(1_000_000))
            held += 1
except OSError:
    pass
print(held, flush=True)
"""

OUTPUT = "while True: print('x' * 10_000)"
OUTPUT_WITHOUT_END = """
import os
while True:
    os.write(2, b'x' * 65536)
"""
SLEEP = "import time; time.sleep(60)"
SPIN = "while True: pass"
DEAF = """
import signal
for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True: pass
"""
SPIN_IN_CHILDREN = """
import os
for _ in range(3):
    if os.fork() == 0:
        while True: pass
os.wait()
"""
STOP_THE_PARENT = """
import os, signal
try:
    os.kill(os.getppid(), signal.SIGSTOP)
except PermissionError:
    pass
os.kill(os.getpid(), signal.SIGSTOP)
"""
OPEN_FILES = """
import os
held = 0
try:
    while held < 100_000:
        os.dup(0)
        held += 1
except OSError:
    pass
print(held)
"""
SILENT_END = """
import os
for file in range(3):
    os.close(file)
import time
time.sleep(60)
"""
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for file in range(3):
            os.close(file)
        os.execv(sys.executable, [sys.executable, '-I', '-S', '-c',
                                  'import time; time.sleep(60)', sys.argv[1]])
    os._exit(0)
os.wait()
time.sleep(0.1)
print('gone')
"""
