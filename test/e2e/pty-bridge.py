"""Runs a program on a pseudo terminal of its own: COLUMNS ROWS PROGRAM ARGUMENTS...

Standard input: what is typed; a NUL begins an order that ends with a line end: `size COLUMNS ROWS`, `signal NUMBER`.
Standard output: what the program writes. Exit code: the program's, or 128 and the signal that ended it. The last line on
standard error: `echo` and `lines` where the terminal, when the program is gone, is in the state that it began in.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    master, slave = pty.openpty()
    set_size(master, columns, rows)
    before = termios.tcgetattr(slave)
    child = os.fork()
    if child == 0:
        os.close(master)
        os.login_tty(slave) if hasattr(os, "login_tty") else controlling(slave)
        os.execvp(sys.argv[3], sys.argv[3:])
    pending = b""
    status = None
    reading = True
    while status is None:
        ready, _, _ = select.select([master] + ([0] if reading else []), [], [], 0.05)
        if master in ready:
            try:
                os.write(1, os.read(master, 65536))
            except OSError:
                pass
        if 0 in ready:
            data = os.read(0, 65536)
            if data == b"":
                reading = False
                os.kill(child, 9)
            pending = obey(pending + data, master, child)
        ended, code = os.waitpid(child, os.WNOHANG)
        if ended == child:
            status = code
    while select.select([master], [], [], 0.1)[0]:
        os.write(1, os.read(master, 65536))
    after = termios.tcgetattr(slave)
    words = [name for name, flag in (("echo", termios.ECHO), ("lines", termios.ICANON)) if after[3] & before[3] & flag]
    sys.stderr.write(" ".join(words) + "\n")
    sys.stderr.flush()
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def controlling(slave):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)


def obey(data, master, child):
    """Types what is to be typed, carries out whole orders; what is left is returned."""
    while data:
        text, nul, rest = data.partition(b"\0")
        if text:
            os.write(master, text)
        if not nul:
            return b""
        order, end, rest = rest.partition(b"\n")
        if not end:
            return b"\0" + order
        words = order.split()
        if words[0] == b"size":
            set_size(master, int(words[1]), int(words[2]))
        else:
            os.kill(child, int(words[1]))
        data = rest
    return b""


main()
