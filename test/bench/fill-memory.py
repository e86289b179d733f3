"""Fills memory that a dump at level 31 keeps, with the same each time: pipes with data as it is in files, some of it random, and inodes.

fill-memory.py MEBIBYTES FILES. It makes /run/filled when it is done, and holds on to the pipes.

First it makes free memory zero: not every makedumpfile knows the free pages of every kernel, and what was in them before the machine booted would
be in one dump and not in the next.
"""
import fcntl
import glob
import itertools
import mmap
import os
import random
import signal
import sys

CHUNK = 65536
PIPE = 1048576
SPARED = 64 * PIPE


def chunks():
    generator = random.Random(1)
    files = sorted(glob.glob('/usr/bin/*') + glob.glob('/usr/lib/x86_64-linux-gnu/*.so*'))
    for count, path in enumerate(itertools.cycle(files)):
        with open(path, 'rb') as file:
            while data := file.read(CHUNK):
                yield data
        if count % 8 == 0:
            yield generator.randbytes(CHUNK)


def zero_free_memory():
    with open('/proc/meminfo', encoding='ascii') as facts:
        free = next(int(line.split()[1]) * 1024 for line in facts if line.startswith('MemFree:'))
    with mmap.mmap(-1, free - SPARED, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for offset in range(0, len(memory), mmap.PAGESIZE):
            memory[offset] = 0


zero_free_memory()
with open('/proc/sys/fs/pipe-user-pages-soft', 'w', encoding='ascii') as limit:
    limit.write('0')
source = chunks()
kept = []
for _ in range(int(sys.argv[1])):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE)
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, next(source))
    except BlockingIOError:
        kept.append((reader, writer))
os.makedirs('/run/fill')
for number in range(int(sys.argv[2])):
    os.close(os.open(f'/run/fill/{number}', os.O_CREAT | os.O_WRONLY))
os.close(os.open('/run/filled', os.O_CREAT | os.O_WRONLY))
signal.pause()
