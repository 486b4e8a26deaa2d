"""What the services of the example have in common: the bus, a name on it, a main loop."""

import os
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib


class Service(dbus.service.Object):
    """The object /org/xen/xcp/<service> of org.xen.xcp.<service>."""

    def __init__(self, name: str) -> None:
        """Connects to the bus that started us, places the object there and then takes the name."""
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
        self.name = name
        super().__init__(self.bus, f"/org/xen/xcp/{name}")
        self._bus_name = dbus.service.BusName(f"org.xen.xcp.{name}", self.bus, do_not_queue=True)

    def peer(self, name: str) -> dbus.Interface:
        """The object of another service of the example, wherever it runs."""
        remote = self.bus.get_object(f"org.xen.xcp.{name}", f"/org/xen/xcp/{name}", introspect=False)
        return dbus.Interface(remote, f"org.xen.xcp.{name}")

    def log(self, step: str) -> None:
        """Writes one step of the example to standard error."""
        print(f"{self.name + ':':<10}{step}", file=sys.stderr, flush=True)

    def run(self) -> None:
        """Serves one call at a time until the bus goes away."""
        loop = GLib.MainLoop()
        self.bus.call_on_disconnection(lambda _: loop.quit())
        loop.run()
