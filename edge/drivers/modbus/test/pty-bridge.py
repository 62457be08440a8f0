"""A serial port for tests: a pseudo-terminal whose bytes go to and come from a TCP port (Modbus RTU over TCP).

Arguments: host, port, path of the symbolic link that stands for the port. Prints one line when it is plugged in. Reads
commands on stdin, one a line, and answers each with a line: unplug, plug. When the TCP side breaks, the port is replaced by
a new one, as a USB adapter that starts anew. Only Python's own library; Debian has it wherever python3-pymodbus is.
"""
import os
import select
import socket
import sys
import time
import tty

host, port, link = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class Port:
    """One pseudo-terminal with its TCP connection."""

    def __init__(self):
        self.sock = self.connect()
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        # The link is exchanged in one step, so that there is no moment without a port.
        os.symlink(os.ttyname(self.slave), link + ".new")
        os.replace(link + ".new", link)

    @staticmethod
    def connect():
        for _ in range(200):
            try:
                sock = socket.create_connection((host, port))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError:
                time.sleep(0.02)
        sys.exit("no connection to the device")

    def close(self):
        os.close(self.master)
        os.close(self.slave)
        self.sock.close()


def say(word):
    print(word, flush=True)


current = Port()
say("plugged")
commands = os.fdopen(sys.stdin.fileno(), "rb", buffering=0)
while True:
    fds = [commands] + ([current.master, current.sock] if current else [])
    ready, _, _ = select.select(fds, [], [])
    if commands in ready:
        word = commands.readline().decode().strip()
        if word == "":
            sys.exit(0)
        if word == "unplug" and current:
            os.unlink(link)
            current.close()
            current = None
        elif word == "plug" and not current:
            current = Port()
        say(word)
        continue
    if current and current.sock in ready:
        try:
            data = current.sock.recv(4096)
        except OSError:
            data = b""
        if data == b"":
            broken, current = current, Port()
            broken.close()
            continue
        os.write(current.master, data)
    if current and current.master in ready:
        data = os.read(current.master, 4096)
        try:
            current.sock.sendall(data)
        except OSError:
            pass
