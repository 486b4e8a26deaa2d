#!/usr/bin/python3
"""org.xen.xcp.Matrix1 with dasbus (GDBus through introspection): the service and the client."""

import logging
import os
import sys
from pathlib import Path

from dasbus.connection import AddressedMessageBus
from dasbus.error import DBusError, ErrorMapper, get_error_decorator
from dasbus.loop import EventLoop
from dasbus.server.interface import dbus_signal
from dasbus.server.property import PropertiesInterface
from dasbus.typing import get_native
from dasbus.unix import GLibClientUnix, GLibServerUnix
from gi.repository import GLib

INTERFACE = "org.xen.xcp.Matrix1"
PATH = "/org/xen/xcp/matrix"
PROPERTIES = "org.freedesktop.DBus.Properties"
LARGE = 16 * 1024 * 1024
ERRORS = ErrorMapper()
dbus_error = get_error_decorator(ERRORS)

BASIC = (
    255, True, -32768, 65535, -2147483648, 4294967295, -9223372036854775807, 18446744073709551615, -0.015625, "text ä 🐊",
    "/org/xen/xcp/o", "a{sv}",
)
CONTAINERS = (
    [0, 1, 255], ["", "b"], [], {"number": GLib.Variant("u", 7), "list": GLib.Variant("as", ["x", "y"])},
    (-1, ("in", (0.5, GLib.Variant("s", "deep")))), {"1": ("one", ["/a", "/b"])}, [("/a", {"i": {"p": GLib.Variant("b", True)}})],
    GLib.Variant("v", GLib.Variant("i", 5)),
)

DICT = {1: "one", 4294967295: "last"}


@dbus_error(f"{INTERFACE}.Error.Failed")
class Failed(DBusError):
    """What Fail says."""


@dbus_error("org.freedesktop.DBus.Error.InvalidArgs")
class InvalidArgs(DBusError):
    """Other values came."""


@dbus_error("org.freedesktop.DBus.Error.NoReply")
class NoReply(DBusError):
    """The bus says that the callee has gone."""


def expect(holds: object, what: str) -> None:
    """Ends the program when something does not hold."""
    if not holds:
        raise SystemExit(f"failed: {what}")


def same(values: object, wanted: object) -> bool:
    """Equality; variants in variants to their depth."""
    if isinstance(wanted, GLib.Variant):
        return isinstance(values, GLib.Variant) and values.equal(wanted)
    if isinstance(wanted, dict):
        return list(values) == list(wanted) and all(same(values[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (list, tuple)):
        return len(values) == len(wanted) and all(map(same, values, wanted))
    return values == wanted


def connect() -> AddressedMessageBus:
    """A connection of its own: dasbus looks at no variable by itself."""
    return AddressedMessageBus(os.environ["DBUS_STARTER_ADDRESS"], error_mapper=ERRORS)


def pipe_with(text: str) -> int:
    """The read end of a pipe that holds the text."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    return read


def read_to_end(descriptor: int) -> str:
    """What a descriptor has to read; closes it."""
    with os.fdopen(descriptor) as pipe:
        return pipe.read()


class Matrix(PropertiesInterface):
    """The object /org/xen/xcp/matrix; the interface is that of the file."""

    __dbus_xml__ = Path(os.environ["MATRIX_INTERFACE"]).read_text(encoding="utf-8")

    Number = 7
    _text = "initial"

    def Basic(self, *values: object) -> tuple:
        if not same(values, BASIC):
            raise InvalidArgs(repr(values))
        return BASIC

    def Containers(self, *values: object) -> tuple:
        if not same(values, CONTAINERS):
            raise InvalidArgs(repr(values))
        return CONTAINERS

    def Dict(self, values: dict) -> dict:
        if values != DICT:
            raise InvalidArgs(repr(values))
        return DICT

    def Fail(self, text: str) -> None:
        raise Failed(text)

    def Large(self, text: str) -> str:
        return text

    def Emit(self, text: str) -> None:
        self.Emitted(text, {"text": GLib.Variant("s", text), "length": GLib.Variant("u", len(text))})

    @dbus_signal
    def Emitted(self, text: str, details: dict) -> None:
        """Said by Emit."""

    def Open(self, text: str) -> int:
        return pipe_with(text)

    def Read(self, pipe: int) -> str:
        return read_to_end(pipe)

    def Leave(self) -> None:
        os._exit(0)

    @property
    def Text(self) -> str:
        return self._text

    @Text.setter
    def Text(self, value: str) -> None:
        self._text = value
        self.report_changed_property("Text")
        self.flush_changes()


class Checks:
    """The client: a check a method."""

    def __init__(self, name: str) -> None:
        self.bus = connect()
        self.name = name
        self.matrix = self.bus.get_proxy(name, PATH, INTERFACE, client=GLibClientUnix)
        self.heard: list[tuple] = []

    def hear(self, *signal: object) -> None:
        self.heard.append(signal)

    def next_signal(self) -> tuple:
        while not self.heard:
            GLib.MainContext.default().iteration(True)
        return self.heard.pop(0)

    def basic(self) -> str:
        reply = self.matrix.Basic(*BASIC)
        expect(same(reply, BASIC), repr(reply))
        return "12 types, both ways"

    def containers(self) -> str:
        reply = self.matrix.Containers(*CONTAINERS)
        expect(same(reply, CONTAINERS), repr(reply))
        return "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v, both ways"

    def dict(self) -> str:
        reply = self.matrix.Dict(DICT)
        expect(reply == DICT, repr(reply))
        return "a{us}, both ways"

    def error(self) -> str:
        try:
            self.matrix.Fail("why")
        except Failed as error:
            expect(str(error) == "why", repr(error))
            return "its name and text"
        raise SystemExit("failed: Fail does not fail")

    def large(self) -> str:
        text = "x" * LARGE
        expect(self.matrix.Large(text) == text, "the same text comes back")
        return f"{LARGE} bytes there and back"

    def signals(self) -> str:
        self.matrix.Emitted.connect(self.hear)
        for text in ("first", "second"):
            self.matrix.Emit(text)
        for text in ("first", "second"):
            signal = self.next_signal()
            expect(signal[0] == text and get_native(signal[1]) == {"text": text, "length": len(text)}, repr(signal))
        return "2 in their order"

    def properties(self) -> str:
        properties = self.bus.get_proxy(self.name, PATH, PROPERTIES)
        properties.PropertiesChanged.connect(self.hear)
        expect(get_native(properties.Get(INTERFACE, "Text")) == "initial", "Get")
        properties.Set(INTERFACE, "Text", GLib.Variant("s", "changed"))
        signal = get_native(self.next_signal())
        expect(signal == (INTERFACE, {"Text": "changed"}, []), repr(signal))
        expect(get_native(properties.Get(INTERFACE, "Text")) == "changed", "Get after Set")
        values = properties.GetAll(INTERFACE)
        expect(get_native(values) == {"Text": "changed", "Number": 7}, repr(values))
        try:
            properties.Set(INTERFACE, "Number", GLib.Variant("u", 8))
        except DBusError:
            return "Get, Set, PropertiesChanged, GetAll, read-only"
        raise SystemExit("failed: a read-only property can be set")

    def descriptors(self) -> str:
        expect(read_to_end(self.matrix.Open("from the service")) == "from the service", "what the pipe holds")
        expect(self.matrix.Read(pipe_with("from the client")) == "from the client", "what the service reads")  # dasbus closes it
        return "one each way"

    def names(self) -> str:
        name = f"{self.name}.Queue"
        first, second = connect(), connect()
        for who, bus in (("first", first), ("second", second)):
            for signal in ("NameAcquired", "NameLost"):
                getattr(bus.proxy, signal).connect(
                    lambda which, who=who, signal=signal: self.hear(who, signal) if which == name else None)
        expect(first.proxy.RequestName(name, 1) == 1, "owner")
        expect(self.next_signal() == ("first", "NameAcquired"), "signal to the owner")
        expect(second.proxy.RequestName(name, 0) == 2, "queued")
        expect(second.proxy.RequestName(name, 4) == 3, "exists")
        expect(second.proxy.RequestName(name, 2) == 1, "replaced")
        expect({self.next_signal(), self.next_signal()} == {("first", "NameLost"), ("second", "NameAcquired")}, "replacement")
        expect(second.proxy.RequestName(name, 2) == 4, "already owner")
        expect(second.proxy.ReleaseName(name) == 1, "released")
        expect({self.next_signal(), self.next_signal()} == {("second", "NameLost"), ("first", "NameAcquired")}, "release")
        expect(second.proxy.ReleaseName(name) == 3, "not owner")
        expect(first.proxy.ReleaseName(name) == 1 and self.next_signal() == ("first", "NameLost"), "released by the first")
        expect(first.proxy.ReleaseName(name) == 2, "non-existent")
        return "1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost"

    def leave(self) -> str:
        try:
            self.matrix.Leave()
        except NoReply:
            expect(not self.bus.proxy.NameHasOwner(self.name), "the name is free")
            return "NoReply, and nobody has the name"
        raise SystemExit("failed: an answer to Leave")


if __name__ == "__main__":
    logging.disable()  # dasbus logs each error that a method raises
    if sys.argv[1] == "serve":
        bus = connect()
        bus.publish_object(PATH, Matrix(), server=GLibServerUnix)
        bus.register_service(sys.argv[2])
        print("ready", flush=True)
        EventLoop().run()
    else:
        checks = Checks(sys.argv[2])
        for check in sys.argv[3:]:
            print(f"ok {check}: {getattr(checks, check)()}", flush=True)
