#!/usr/bin/python3
"""Time from exec to the answer to the first Hello, of each broker as an operator's service manager starts it: with a
configuration file and a socket that is passed to it (sd_listen_fds(3)).

dbus-broker is started here by its launcher, which reads the configuration, as everywhere but in `XcpBroker.Load`, where the
generator is its controller and no configuration is read. All on one CPU, in turns; figures are medians of milliseconds,
ratios medians of the ratios within a round. dbus-broker's launcher wants the journal's socket: as root, where there is none, one
is made in a mount namespace of this script's own.
"""

import argparse
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

JOURNAL = "/run/systemd/journal/socket"
IN_NAMESPACE = "XCP_START_UP_NAMESPACE"
REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
CONFIGURATION = """<busconfig>
  <type>session</type>
  <listen>systemd:</listen>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"""


def hello():
    """What a client sends: SASL and Hello in one piece (specification, "Authentication Protocol", "Message Format")."""
    fields = b""
    for code, type_code, text in (
        (1, b"o", b"/org/freedesktop/DBus"),
        (2, b"s", b"org.freedesktop.DBus"),
        (3, b"s", b"Hello"),
        (6, b"s", b"org.freedesktop.DBus"),
    ):
        fields += b"\0" * (-len(fields) % 8)
        fields += struct.pack("<BB", code, 1) + type_code + b"\0" + struct.pack("<I", len(text)) + text + b"\0"
    header = b"l\1\0\1" + struct.pack("<III", 0, 1, len(fields)) + fields
    uid = str(os.getuid()).encode().hex().encode()
    return b"\0AUTH EXTERNAL " + uid + b"\r\nBEGIN\r\n" + header + b"\0" * (-len(header) % 8)


def start(command, listener):
    """Forks a child that becomes the broker once the pipe is written to; returns its pid and the pipe."""
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.dup2(os.dup(listener.fileno()), 3)
        os.read(wait, 1)
        os.execvp(command[0], command)
    os.close(wait)
    return pid, go


def measure(command, directory):
    """Milliseconds of one start."""
    path = os.path.join(directory, "bus")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen()
        client.connect(path)
        client.sendall(hello())
        pid, go = start(command, listener)
        begin = time.monotonic()
        os.write(go, b"!")
        client.settimeout(20)
        received = b""
        while b":1." not in received:
            part = client.recv(65536)
            if not part:
                raise SystemExit(f"{command[0]} ended the connection after {received!r}")
            received += part
        took = 1000 * (time.monotonic() - begin)
        os.close(go)
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.unlink(path)
    return took


def enter_namespace():
    """Runs this script again with an empty /run of its own."""
    arguments = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh", sys.executable, *sys.argv]
    return subprocess.run(arguments, env={**os.environ, IN_NAMESPACE: "1"}, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=41)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    journal = None
    if not os.path.exists(JOURNAL):
        if IN_NAMESPACE not in os.environ:
            return enter_namespace()
        os.makedirs(os.path.dirname(JOURNAL))
        journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        journal.bind(JOURNAL)

    os.sched_setaffinity(0, {options.cpu})
    binary = os.environ.get("XCP_BROKER_BINARY", os.path.join(REPOSITORY, "artifacts/publish/xcp-broker"))
    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "bus.conf")
        with open(file, "w", encoding="ascii") as configuration:
            configuration.write(CONFIGURATION)
        commands = {
            "xcp-broker": [binary, "--nofork", f"--config-file={file}"],
            "dbus-broker": ["dbus-broker-launch", "--scope", "user", "--config-file", file],
            "dbus-daemon": ["dbus-daemon", "--nofork", f"--config-file={file}"],
        }
        times = {name: [] for name in commands}
        for turn in range(-2, options.runs):
            for name, command in commands.items():
                took = measure(command, directory)
                if turn >= 0:
                    times[name].append(took)

    print("| broker | ms to the first Hello | to dbus-broker's, above 1 is better |\n| --- | --- | --- |")
    for name, own in times.items():
        ratio = statistics.median(theirs / ours for theirs, ours in zip(times["dbus-broker"], own))
        print(f"| {name} | {statistics.median(own):.2f} | {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
