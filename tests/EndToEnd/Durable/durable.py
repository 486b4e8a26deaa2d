"""Durable messages with dbus-python: durable.py send ADDRESS NAME WHO COUNT LOG, or durable.py receive NAME LOG [SEED].

Both write a line for what they know for sure, in one write: "accepted WHO N" when Post was answered, "unknown WHO N" when it was not, "got WHO N".
A receiver notes "did - N" for each call that it answers.
A receiver with a seed is unreliable: it dies before it has noted a message, or before it has answered a call, or is slow. It always dies of what "poison" sends.
"""

import os
import random
import sys
import time

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.example.Durable"
DIES = 0.01
DELAYS = 0.02


def note(log: int, *words: object) -> None:
    """Writes a line."""
    os.write(log, (" ".join(str(word) for word in words) + "\n").encode())


class Receiver(dbus.service.Object):
    """The object /."""

    def __init__(self, bus: dbus.bus.BusConnection, log: int, chance: random.Random | None) -> None:
        super().__init__(bus, "/")
        self.log = log
        self.chance = chance

    @dbus.service.method(INTERFACE, in_signature="su", out_signature="")
    def Note(self, who: str, number: int) -> None:
        """One durable message."""
        if self.chance:
            if who == "poison" or self.chance.random() < DIES:
                os._exit(1)
            if self.chance.random() < DELAYS:
                time.sleep(0.05)
        note(self.log, "got", who, number)

    @dbus.service.method(INTERFACE, in_signature="u", out_signature="u")
    def Answer(self, number: int) -> int:
        """One call that wants an answer."""
        if self.chance:
            if self.chance.random() < DIES:
                os._exit(1)
            if self.chance.random() < DELAYS:
                time.sleep(0.05)
        note(self.log, "did", "-", number)
        if self.chance and self.chance.random() < DIES:
            os._exit(1)
        return number

    @dbus.service.method(INTERFACE, in_signature="", out_signature="u")
    def Pid(self) -> int:
        """Which process this is."""
        return os.getpid()


def receive(name: str, log: str, seed: str | None) -> None:
    """Owns the name until the bus ends."""
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    bus = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
    bus.call_on_disconnection(lambda _: loop.quit())
    receiver = Receiver(bus, out, random.Random(f"{seed}-{os.getpid()}") if seed else None)
    note(out, "pid", os.getpid(), "-")
    receiver.name = dbus.service.BusName(name, bus)
    loop.run()


def send(address: str, name: str, who: str, count: int, log: str) -> None:
    """Posts so many messages, and goes on whatever happens to the bus."""
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    bus = None
    for number in range(count):
        while bus is None:
            try:
                bus = dbus.bus.BusConnection(address)
            except dbus.DBusException:
                time.sleep(0.05)
        try:
            body = dbus.Struct((who, dbus.UInt32(number)), signature="su")
            bus.call_blocking(
                "org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "Post", "sssssv",
                (name, "/", INTERFACE, "Note", "su", body))
            note(out, "accepted", who, number)
        except dbus.DBusException as error:
            if "LimitsExceeded" in error.get_dbus_name():
                note(out, "refused", who, number)
                time.sleep(0.05)
            else:
                note(out, "unknown", who, number)
                bus = None if not bus.get_is_connected() else bus
        time.sleep(0.002)


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
    else:
        receive(sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
