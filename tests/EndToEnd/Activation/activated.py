"""A dbus-python service that a bus starts: activated.py NAME [detach]. It ends with the bus."""

import os
import sys

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.example.Activated"


class Activated(dbus.service.Object):
    """The object /."""

    @dbus.service.method(INTERFACE, in_signature="v", out_signature="v")
    def Echo(self, value: object) -> object:
        """Gives back what it gets."""
        return value

    @dbus.service.method(INTERFACE, in_signature="", out_signature="u")
    def Pid(self) -> int:
        """Which process this is."""
        return os.getpid()

    @dbus.service.method(INTERFACE, in_signature="", out_signature="as")
    def Environment(self) -> list[str]:
        """The environment that it was started with."""
        return sorted(f"{name}={value}" for name, value in os.environ.items())

    @dbus.service.method(INTERFACE, in_signature="", out_signature="as")
    def Heard(self) -> list[str]:
        """The members of the signals that came so far."""
        return HEARD


def hear(_: object, message: dbus.lowlevel.Message) -> int:
    """Remembers signals that are addressed to this service."""
    if isinstance(message, dbus.lowlevel.SignalMessage) and message.get_interface() == INTERFACE:
        HEARD.append(message.get_member())
    return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED


if __name__ == "__main__":
    if "detach" in sys.argv and os.fork() != 0:
        os._exit(0)
    HEARD = dbus.Array([], signature="s")
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    bus = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
    bus.call_on_disconnection(lambda _: loop.quit())
    bus.add_message_filter(hear)
    activated = Activated(bus, "/")
    name = dbus.service.BusName(sys.argv[1], bus)
    loop.run()
