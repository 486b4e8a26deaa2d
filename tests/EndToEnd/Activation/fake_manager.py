"""A dbus-python peer that is systemd's manager on a system bus: fake_manager.py ADDRESS SCRIPT-DIRECTORY.

What becomes of a unit is in its name: done, failed, canceled, timeout, dependency, skipped and odd are results of its job; early tells
the result before the answer; missing and denied are errors; silent never answers; forever never ends. A unit that is done runs the script
of its name, if there is one.
"""

import os
import subprocess
import sys

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
PATH = "/org/freedesktop/systemd1"
ERRORS = {
    "missing": ("org.freedesktop.systemd1.NoSuchUnit", "Unit missing.service not found."),
    "denied": ("org.freedesktop.DBus.Error.AccessDenied", "Permission denied"),
    "polkit": ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required."),
}
jobs = 0


def removed(job: str, unit: str, result: str) -> dbus.lowlevel.Message:
    """JobRemoved."""
    signal = dbus.lowlevel.SignalMessage(PATH, MANAGER, "JobRemoved")
    signal.append(jobs, dbus.ObjectPath(job), unit, result, signature="uoss")
    return signal


def start(connection: dbus.bus.BusConnection, call: dbus.lowlevel.Message) -> None:
    """StartUnit."""
    global jobs
    unit, mode = call.get_args_list()
    print(f"StartUnit({unit},{mode}) from uid {connection.get_unix_user(call.get_sender())}", flush=True)
    kind = unit.split(".")[0]
    if kind == "silent":
        return
    if kind in ERRORS:
        connection.send_message(dbus.lowlevel.ErrorMessage(call, *ERRORS[kind]))
        return
    jobs += 1
    job = f"{PATH}/job/{jobs}"
    answer = dbus.lowlevel.MethodReturnMessage(call)
    answer.append(dbus.ObjectPath(job), signature="o")
    messages = [answer]
    if kind != "forever":
        # Somebody else's job ends too.
        messages += [removed(f"{PATH}/job/999", unit, "failed"), removed(job, unit, "done" if kind == "early" else kind)]
    if kind == "early":
        messages.reverse()
    for message in messages:
        connection.send_message(message)
    script = os.path.join(sys.argv[2], unit)
    if os.path.exists(script):
        subprocess.Popen(["/bin/sh", script])


def hear(connection: dbus.bus.BusConnection, message: dbus.lowlevel.Message) -> int:
    """Takes calls."""
    if not isinstance(message, dbus.lowlevel.MethodCallMessage) or message.get_interface() != MANAGER:
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
    if message.get_member() == "StartUnit":
        start(connection, message)
    else:
        print(message.get_member(), flush=True)
        connection.send_message(dbus.lowlevel.MethodReturnMessage(message))
    return dbus.lowlevel.HANDLER_RESULT_HANDLED


if __name__ == "__main__":
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    bus = dbus.bus.BusConnection(sys.argv[1])
    bus.call_on_disconnection(lambda _: loop.quit())
    bus.add_message_filter(hear)
    bus.request_name(NAME)
    print("ready", flush=True)
    loop.run()
