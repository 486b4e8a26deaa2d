"""org.xen.xcp.test: a dbus-python service that the tests of foreign clients call."""

import os

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.xen.xcp.test"


class Test(dbus.service.Object):
    """The object /org/xen/xcp/test."""

    @dbus.service.method(INTERFACE, in_signature="v", out_signature="v")
    def Echo(self, value: object) -> object:
        """Gives back what it gets."""
        return value

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="")
    def Fail(self, text: str) -> None:
        """Fails with org.xen.xcp.test.Error.Failed."""
        raise dbus.DBusException(text, name=f"{INTERFACE}.Error.Failed")

    @dbus.service.method(INTERFACE, in_signature="", out_signature="h")
    def Open(self) -> dbus.types.UnixFd:
        """A descriptor from which "hello" can be read."""
        read, write = os.pipe()
        os.write(write, b"hello")
        os.close(write)
        descriptor = dbus.types.UnixFd(read)
        os.close(read)
        return descriptor

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="")
    def Announce(self, text: str) -> None:
        """Emits Announced."""
        self.Announced(text)

    @dbus.service.signal(INTERFACE, signature="s")
    def Announced(self, text: str) -> None:
        """Said by Announce."""


if __name__ == "__main__":
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
    test = Test(bus, "/org/xen/xcp/test")
    name = dbus.service.BusName(INTERFACE, bus)
    print("ready", flush=True)
    GLib.MainLoop().run()
