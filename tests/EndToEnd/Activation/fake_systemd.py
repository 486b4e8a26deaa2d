"""A dbus-python peer that does what systemd does on a bus with --systemd-activation: fake_systemd.py ADDRESS COMMAND.

A unit is started by running COMMAND; bad.service fails.
"""

import os
import subprocess
import sys

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

ACTIVATOR = "org.freedesktop.systemd1.Activator"


def hear(connection: dbus.bus.BusConnection, message: dbus.lowlevel.Message) -> int:
    """Takes requests of the bus."""
    if message.get_interface() == ACTIVATOR and message.get_sender() == "org.freedesktop.DBus":
        (unit,) = message.get_args_list()
        print(unit, flush=True)
        if unit == "bad.service":
            failure = dbus.lowlevel.SignalMessage("/org/freedesktop/systemd1", ACTIVATOR, "ActivationFailure")
            failure.set_destination("org.freedesktop.DBus")
            failure.append(unit, "org.freedesktop.systemd1.NoSuchUnit", "Unit bad.service not found.", signature="sss")
            connection.send_message(failure)
        else:
            subprocess.Popen(sys.argv[2], shell=True, env={**os.environ, "DBUS_STARTER_ADDRESS": sys.argv[1]})
        return dbus.lowlevel.HANDLER_RESULT_HANDLED
    return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED


if __name__ == "__main__":
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    bus = dbus.bus.BusConnection(sys.argv[1])
    bus.call_on_disconnection(lambda _: loop.quit())
    bus.add_message_filter(hear)
    bus.request_name("org.freedesktop.systemd1")
    print("ready", flush=True)
    loop.run()
