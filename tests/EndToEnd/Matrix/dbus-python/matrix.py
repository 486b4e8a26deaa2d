#!/usr/bin/python3
"""org.xen.xcp.Matrix1 with dbus-python (libdbus, GLib's main loop): the service and the client."""

import os
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.xen.xcp.Matrix1"
PATH = "/org/xen/xcp/matrix"
LARGE = 16 * 1024 * 1024
LOOP = GLib.MainLoop()

BASIC_SIGNATURE = "ybnqiuxtdsog"
BASIC = (
    dbus.Byte(255), dbus.Boolean(True), dbus.Int16(-32768), dbus.UInt16(65535), dbus.Int32(-2147483648), dbus.UInt32(4294967295),
    dbus.Int64(-9223372036854775807), dbus.UInt64(18446744073709551615), dbus.Double(-0.015625), dbus.String("text ä 🐊"),
    dbus.ObjectPath("/org/xen/xcp/o"), dbus.Signature("a{sv}"),
)
CONTAINERS_SIGNATURE = "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v"
CONTAINERS = (
    dbus.Array([0, 1, 255], signature="y"), dbus.Array(["", "b"], signature="s"), dbus.Array([], signature="t"),
    dbus.Dictionary({"number": dbus.UInt32(7), "list": dbus.Array(["x", "y"], signature="s")}, signature="sv"),
    dbus.Struct((dbus.Int32(-1), dbus.Struct(("in", dbus.Struct((0.5, "deep"), signature="dv"))))),
    dbus.Dictionary({"1": dbus.Struct(("one", dbus.Array(["/a", "/b"], signature="o")))}, signature="s(sao)"),
    dbus.Array([dbus.Struct((dbus.ObjectPath("/a"), {"i": {"p": dbus.Boolean(True)}}))], signature="(oa{sa{sv}})"),
    dbus.Int32(5, variant_level=2),
)

DICT = dbus.Dictionary({1: "one", 4294967295: "last"}, signature="us")


class Failed(dbus.DBusException):
    """What Fail says."""

    _dbus_error_name = f"{INTERFACE}.Error.Failed"


class InvalidArgs(dbus.DBusException):
    """Other values came."""

    _dbus_error_name = "org.freedesktop.DBus.Error.InvalidArgs"


def expect(holds: object, what: str) -> None:
    """Ends the program when something does not hold."""
    if not holds:
        raise SystemExit(f"failed: {what}")


def same(values: object, wanted: object) -> bool:
    """Equality of values and of their types, where dbus-python has types; variants to their depth."""
    if isinstance(wanted, dict):
        return isinstance(values, dict) and list(values) == list(wanted) and all(same(values[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (list, tuple)):
        return len(values) == len(wanted) and all(map(same, values, wanted))
    level = getattr(wanted, "variant_level", 0)
    return values == wanted and (level == 0 or values.variant_level == level)


def connect() -> dbus.bus.BusConnection:
    """A connection of its own, to the bus that started us."""
    return dbus.bus.BusConnection(os.environ["DBUS_STARTER_ADDRESS"])


def pipe_with(text: str) -> dbus.types.UnixFd:
    """The read end of a pipe that holds the text."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    descriptor = dbus.types.UnixFd(read)
    os.close(read)
    return descriptor


def read_to_end(descriptor: dbus.types.UnixFd) -> str:
    """What a descriptor has to read."""
    with os.fdopen(descriptor.take()) as pipe:
        return pipe.read()


class Matrix(dbus.service.Object):
    """The object /org/xen/xcp/matrix."""

    text = "initial"

    @dbus.service.method(INTERFACE, in_signature=BASIC_SIGNATURE, out_signature=BASIC_SIGNATURE)
    def Basic(self, y, b, n, q, i, u, x, t, d, s, o, g) -> tuple:
        values = (y, b, n, q, i, u, x, t, d, s, o, g)
        if not same(values, BASIC):
            raise InvalidArgs(repr(values))
        return BASIC

    @dbus.service.method(INTERFACE, in_signature=CONTAINERS_SIGNATURE, out_signature=CONTAINERS_SIGNATURE)
    def Containers(self, data, strings, empty, variants, structs, dictionary, objects, variant) -> tuple:
        values = (data, strings, empty, variants, structs, dictionary, objects, variant)
        if not same(values, CONTAINERS):
            raise InvalidArgs(repr(values))
        return CONTAINERS

    @dbus.service.method(INTERFACE, in_signature="a{us}", out_signature="a{us}")
    def Dict(self, values: dict) -> dict:
        if not same(values, DICT):
            raise InvalidArgs(repr(values))
        return DICT

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="")
    def Fail(self, text: str) -> None:
        raise Failed(text)

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="s")
    def Large(self, text: str) -> str:
        return text

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="")
    def Emit(self, text: str) -> None:
        self.Emitted(text, {"text": text, "length": dbus.UInt32(len(text))})

    @dbus.service.signal(INTERFACE, signature="sa{sv}")
    def Emitted(self, text: str, details: dict) -> None:
        """Said by Emit."""

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="h")
    def Open(self, text: str) -> dbus.types.UnixFd:
        return pipe_with(text)

    @dbus.service.method(INTERFACE, in_signature="h", out_signature="s")
    def Read(self, pipe: dbus.types.UnixFd) -> str:
        return read_to_end(pipe)

    @dbus.service.method(INTERFACE, in_signature="", out_signature="")
    def Leave(self) -> None:
        os._exit(0)

    # dbus-python has nothing for properties: their interface is written out.

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, interface: str, name: str) -> object:
        return self.GetAll(interface)[name]

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface: str) -> dict:
        return {"Text": self.text, "Number": dbus.UInt32(7)}

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ssv", out_signature="")
    def Set(self, interface: str, name: str, value: object) -> None:
        if name != "Text":
            raise dbus.DBusException(name, name="org.freedesktop.DBus.Error.PropertyReadOnly")
        self.text = value
        self.PropertiesChanged(interface, {name: value}, [])

    @dbus.service.signal(dbus.PROPERTIES_IFACE, signature="sa{sv}as")
    def PropertiesChanged(self, interface: str, changed: dict, invalidated: list) -> None:
        """Said by Set."""


class Checks:
    """The client: a check a method."""

    def __init__(self, name: str) -> None:
        self.bus = connect()
        self.name = name
        self.object = self.bus.get_object(name, PATH, introspect=False)
        self.matrix = dbus.Interface(self.object, INTERFACE)
        self.heard: list[tuple] = []

    def hear(self, *signal: object) -> None:
        self.heard.append(signal)

    def next_signal(self) -> tuple:
        while not self.heard:
            GLib.MainContext.default().iteration(True)
        return self.heard.pop(0)

    def basic(self) -> str:
        reply = self.matrix.get_dbus_method("Basic")(*BASIC, signature=BASIC_SIGNATURE)
        expect(same(reply, BASIC) and [type(value) for value in reply] == [type(value) for value in BASIC], repr(reply))
        return "12 types, both ways"

    def containers(self) -> str:
        reply = self.matrix.get_dbus_method("Containers")(*CONTAINERS, signature=CONTAINERS_SIGNATURE)
        expect(same(reply, CONTAINERS), repr(reply))
        return f"{CONTAINERS_SIGNATURE}, both ways"

    def dict(self) -> str:
        reply = self.matrix.get_dbus_method("Dict")(DICT)
        expect(same(reply, DICT), repr(reply))
        return "a{us}, both ways"

    def error(self) -> str:
        try:
            self.matrix.Fail("why")
        except dbus.DBusException as error:
            expect((error.get_dbus_name(), error.get_dbus_message()) == (f"{INTERFACE}.Error.Failed", "why"), repr(error))
            return "its name and text"
        raise SystemExit("failed: Fail does not fail")

    def large(self) -> str:
        text = "x" * LARGE
        expect(self.matrix.Large(text, timeout=60) == text, "the same text comes back")
        return f"{LARGE} bytes there and back"

    def signals(self) -> str:
        self.matrix.connect_to_signal("Emitted", self.hear)
        for text in ("first", "second"):
            self.matrix.Emit(text)
        for text in ("first", "second"):
            signal = self.next_signal()
            expect(signal == (text, {"text": text, "length": len(text)}), repr(signal))
        return "2 in their order"

    def properties(self) -> str:
        properties = dbus.Interface(self.object, dbus.PROPERTIES_IFACE)
        properties.connect_to_signal("PropertiesChanged", self.hear)
        expect(properties.Get(INTERFACE, "Text") == "initial", "Get")
        properties.Set(INTERFACE, "Text", "changed", signature="ssv")
        signal = self.next_signal()
        expect(signal == (INTERFACE, {"Text": "changed"}, []), repr(signal))
        expect(properties.Get(INTERFACE, "Text") == "changed", "Get after Set")
        values = properties.GetAll(INTERFACE)
        expect(values == {"Text": "changed", "Number": 7}, repr(values))
        try:
            properties.Set(INTERFACE, "Number", dbus.UInt32(8), signature="ssv")
        except dbus.DBusException:
            return "Get, Set, PropertiesChanged, GetAll, read-only"
        raise SystemExit("failed: a read-only property can be set")

    def descriptors(self) -> str:
        expect(read_to_end(self.matrix.Open("from the service")) == "from the service", "what the pipe holds")
        expect(self.matrix.Read(pipe_with("from the client")) == "from the client", "what the service reads")
        return "one each way"

    def names(self) -> str:
        name = f"{self.name}.Queue"
        first, second = connect(), connect()
        for who, bus in (("first", first), ("second", second)):
            for signal in ("NameAcquired", "NameLost"):
                bus.add_signal_receiver(
                    lambda _, who=who, signal=signal: self.hear(who, signal), signal, dbus.BUS_DAEMON_IFACE, dbus.BUS_DAEMON_NAME,
                    dbus.BUS_DAEMON_PATH, arg0=name)
        expect(first.request_name(name, dbus.bus.NAME_FLAG_ALLOW_REPLACEMENT) == 1, "owner")
        expect(self.next_signal() == ("first", "NameAcquired"), "signal to the owner")
        expect(second.request_name(name) == 2, "queued")
        expect(second.request_name(name, dbus.bus.NAME_FLAG_DO_NOT_QUEUE) == 3, "exists")
        expect(second.request_name(name, dbus.bus.NAME_FLAG_REPLACE_EXISTING) == 1, "replaced")
        expect({self.next_signal(), self.next_signal()} == {("first", "NameLost"), ("second", "NameAcquired")}, "replacement")
        expect(second.request_name(name) == 4, "already owner")
        expect(second.release_name(name) == 1, "released")
        expect({self.next_signal(), self.next_signal()} == {("second", "NameLost"), ("first", "NameAcquired")}, "release")
        expect(second.release_name(name) == 3, "not owner")
        expect(first.release_name(name) == 1 and self.next_signal() == ("first", "NameLost"), "released by the first")
        expect(first.release_name(name) == 2, "non-existent")
        return "1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost"

    def leave(self) -> str:
        try:
            self.matrix.Leave()
        except dbus.DBusException as error:
            expect(error.get_dbus_name() == "org.freedesktop.DBus.Error.NoReply", repr(error))
            expect(not self.bus.name_has_owner(self.name), "the name is free")
            return "NoReply, and nobody has the name"
        raise SystemExit("failed: an answer to Leave")


if __name__ == "__main__":
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    if sys.argv[1] == "serve":
        bus = connect()
        matrix = Matrix(bus, PATH)
        bus_name = dbus.service.BusName(sys.argv[2], bus, do_not_queue=True)
        print("ready", flush=True)
        LOOP.run()
    else:
        checks = Checks(sys.argv[2])
        for check in sys.argv[3:]:
            print(f"ok {check}: {getattr(checks, check)()}", flush=True)
