#!/usr/bin/env python3
"""Runs commands three times each and prints a table: best wall clock, megabytes a second, peak memory.

    measure.py FILE NAME COMMAND [NAME COMMAND ...]        COMMAND is split as a shell would split it
"""
import os, shlex, subprocess, sys, time


def run(command):
    """seconds and peak memory in MB of one run; exit codes 0 and 1 are answers, others are not"""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1): sys.exit('%s failed: %d' % (command[0], status))
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    file, rest = sys.argv[1], sys.argv[2:]
    size = os.path.getsize(file) / 1e6
    print('\n| %.0f MB plan | seconds | MB/s | peak memory, MB | times kmslint |' % size)
    print('| --- | ---: | ---: | ---: | ---: |')
    first = None
    for name, command in zip(rest[::2], rest[1::2]):
        runs = [run(shlex.split(command)) for _ in range(3)]
        seconds, memory = min(r[0] for r in runs), max(r[1] for r in runs)
        first = first or seconds
        print('| %s | %.2f | %.0f | %.0f | %.1f |' % (name, seconds, size / seconds, memory, seconds / first))


if __name__ == '__main__':
    main()
