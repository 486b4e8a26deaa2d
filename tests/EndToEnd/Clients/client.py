"""A dbus-python client: prints a line for each thing that went as it should."""

import os

import dbus
import dbus.bus
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.xen.xcp.test"
PATH = "/org/xen/xcp/test"


def expect(what: str, actual: object, wanted: object) -> None:
    """Prints the step, or ends the program."""
    if actual != wanted:
        raise SystemExit(f"{what}: {actual!r}, not {wanted!r}")
    print(f"ok {what}")


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
loop = GLib.MainLoop()
test = dbus.Interface(bus.get_object(NAME, PATH), NAME)

for value in [
    dbus.Byte(255), dbus.Boolean(True), dbus.Int16(-1), dbus.UInt16(65535), dbus.Int32(-1), dbus.UInt32(4294967295),
    dbus.Int64(-1), dbus.UInt64(18446744073709551615), dbus.Double(0.5), "text \u00e4 \U0001f40a", dbus.ObjectPath("/o"),
    dbus.Signature("a{sv}"), dbus.Array(["a", "b"], signature="s"), dbus.Array([], signature="(ii)"),
    dbus.Dictionary({"k": dbus.UInt32(7)}, signature="sv"), dbus.Struct((1, "x", dbus.Array([1.5], signature="d"))),
]:
    expect(f"echo {type(value).__name__}", test.Echo(value), value)

try:
    test.Fail("why")
except dbus.DBusException as error:
    expect("error name", error.get_dbus_name(), f"{NAME}.Error.Failed")
    expect("error text", error.get_dbus_message(), "why")

with os.fdopen(test.Open().take(), "rb") as pipe:
    expect("descriptor", pipe.read(), b"hello")

heard: list[str] = []
bus.add_signal_receiver(lambda text: (heard.append(text), loop.quit()), "Announced", NAME, NAME, PATH, arg0="second")
test.Announce("first")
test.Announce("second")
loop.run()
expect("signal by arg0", heard, ["second"])

owners: list[str] = []
bus.watch_name_owner("org.xen.xcp.test.Watched", lambda owner: (owners.append(owner), len(owners) == 3 and loop.quit()))
other = dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])
other.request_name("org.xen.xcp.test.Watched")
other.release_name("org.xen.xcp.test.Watched")
loop.run()
expect("owners", owners, ["", other.get_unique_name(), ""])

MINE = "org.xen.xcp.test.Mine"
expect("name request", bus.request_name(MINE, dbus.bus.NAME_FLAG_DO_NOT_QUEUE), dbus.bus.REQUEST_NAME_REPLY_PRIMARY_OWNER)
expect("name exists", other.request_name(MINE, dbus.bus.NAME_FLAG_DO_NOT_QUEUE), dbus.bus.REQUEST_NAME_REPLY_EXISTS)
expect("name owner", bus.get_name_owner(MINE), bus.get_unique_name())
expect("uid", bus.get_unix_user(other.get_unique_name()), os.getuid())
print("done")
