#!/usr/bin/python3
"""org.xen.xcp.Matrix1 with Python's dbus-next (its own protocol code, asyncio): the service and the client."""

import asyncio
import logging
import os
import sys

from dbus_next import DBusError, Message, NameFlag, PropertyAccess, Variant
from dbus_next.aio import MessageBus
from dbus_next.service import ServiceInterface, dbus_property, method, signal

INTERFACE = "org.xen.xcp.Matrix1"
PATH = "/org/xen/xcp/matrix"
PROPERTIES = "org.freedesktop.DBus.Properties"
LARGE = 16 * 1024 * 1024

BASIC = [
    255, True, -32768, 65535, -2147483648, 4294967295, -9223372036854775807, 18446744073709551615, -0.015625, "text ä 🐊",
    "/org/xen/xcp/o", "a{sv}",
]
CONTAINERS = [
    bytes([0, 1, 255]), ["", "b"], [], {"number": Variant("u", 7), "list": Variant("as", ["x", "y"])},
    [-1, ["in", [0.5, Variant("s", "deep")]]], {"1": ["one", ["/a", "/b"]]}, [["/a", {"i": {"p": Variant("b", True)}}]],
    Variant("v", Variant("i", 5)),
]
DICT = {1: "one", 4294967295: "last"}


def expect(holds: object, what: str) -> None:
    """Ends the program when something does not hold."""
    if not holds:
        raise SystemExit(f"failed: {what}")


async def connect() -> MessageBus:
    """A connection of its own: by itself, dbus-next looks at the variables of the session and system bus only."""
    return await MessageBus(bus_address=os.environ["DBUS_STARTER_ADDRESS"], negotiate_unix_fd=True).connect()


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


class Matrix(ServiceInterface):
    """The object /org/xen/xcp/matrix; dbus-next reads the annotations as signatures."""

    def __init__(self) -> None:
        super().__init__(INTERFACE)
        self._text = "initial"

    @method()
    def Basic(
        self, y: "y", b: "b", n: "n", q: "q", i: "i", u: "u", x: "x", t: "t", d: "d", s: "s", o: "o", g: "g"
    ) -> "ybnqiuxtdsog":
        if [y, b, n, q, i, u, x, t, d, s, o, g] != BASIC:
            raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", "Basic")
        return BASIC

    @method()
    def Containers(
        self, data: "ay", strings: "as", empty: "at", variants: "a{sv}", structs: "(i(s(dv)))", dictionary: "a{s(sao)}",
        objects: "a(oa{sa{sv}})", variant: "v"
    ) -> "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v":
        if [data, strings, empty, variants, structs, dictionary, objects, variant] != CONTAINERS:
            raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", "Containers")
        return CONTAINERS

    @method()
    def Dict(self, values: "a{us}") -> "a{us}":
        if values != DICT:
            raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", "Dict")
        return DICT

    @method()
    def Fail(self, text: "s") -> None:
        raise DBusError(f"{INTERFACE}.Error.Failed", text)

    @method()
    def Large(self, text: "s") -> "s":
        return text

    @method()
    def Emit(self, text: "s") -> None:
        self.Emitted(text)

    @signal()
    def Emitted(self, text: str) -> "sa{sv}":
        return [text, {"text": Variant("s", text), "length": Variant("u", len(text))}]

    @method()
    def Open(self, text: "s") -> "h":
        return pipe_with(text)

    @method()
    def Read(self, pipe: "h") -> "s":
        return read_to_end(pipe)

    @method()
    def Leave(self) -> None:
        os._exit(0)

    @dbus_property()
    def Text(self) -> "s":
        return self._text

    @Text.setter
    def Text(self, value: "s") -> None:
        self._text = value
        self.emit_properties_changed({"Text": value})

    @dbus_property(access=PropertyAccess.READ)
    def Number(self) -> "u":
        return 7


class Checks:
    """The client: a check a method."""

    def __init__(self, bus: MessageBus, name: str) -> None:
        self.bus = bus
        self.name = name
        self.heard: asyncio.Queue[tuple] = asyncio.Queue()

    async def introspect(self) -> None:
        self.object = self.bus.get_proxy_object(self.name, PATH, await self.bus.introspect(self.name, PATH))
        self.matrix = self.object.get_interface(INTERFACE)

    def hear(self, *arguments: object) -> None:
        self.heard.put_nowait(arguments)

    async def basic(self) -> str:
        reply = await self.matrix.call_basic(*BASIC)
        expect(reply == BASIC, repr(reply))
        return "12 types, both ways"

    async def containers(self) -> str:
        reply = await self.matrix.call_containers(*CONTAINERS)
        expect(reply == CONTAINERS, repr(reply))
        return "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v, both ways"

    async def dict(self) -> str:
        reply = await self.matrix.call_dict(DICT)
        expect(reply == DICT, repr(reply))
        return "a{us}, both ways"

    async def error(self) -> str:
        try:
            await self.matrix.call_fail("why")
        except DBusError as error:
            expect((error.type, error.text) == (f"{INTERFACE}.Error.Failed", "why"), repr(error))
            return "its name and text"
        raise SystemExit("failed: Fail does not fail")

    async def large(self) -> str:
        text = "x" * LARGE
        expect(await self.matrix.call_large(text) == text, "the same text comes back")
        return f"{LARGE} bytes there and back"

    async def signals(self) -> str:
        self.matrix.on_emitted(lambda text, details: self.hear(text, details))
        for text in ("first", "second"):
            await self.matrix.call_emit(text)
        for text in ("first", "second"):
            heard = await self.heard.get()
            expect(heard == (text, {"text": Variant("s", text), "length": Variant("u", len(text))}), repr(heard))
        return "2 in their order"

    async def properties(self) -> str:
        properties = self.object.get_interface(PROPERTIES)
        properties.on_properties_changed(lambda interface, changed, invalidated: self.hear(interface, changed, invalidated))
        expect((await properties.call_get(INTERFACE, "Text")).value == "initial", "Get")
        await properties.call_set(INTERFACE, "Text", Variant("s", "changed"))
        heard = await self.heard.get()
        expect(heard == (INTERFACE, {"Text": Variant("s", "changed")}, []), repr(heard))
        expect((await properties.call_get(INTERFACE, "Text")).value == "changed", "Get after Set")
        values = await properties.call_get_all(INTERFACE)
        expect(values == {"Text": Variant("s", "changed"), "Number": Variant("u", 7)}, repr(values))
        try:
            await properties.call_set(INTERFACE, "Number", Variant("u", 8))
        except DBusError:
            return "Get, Set, PropertiesChanged, GetAll, read-only"
        raise SystemExit("failed: a read-only property can be set")

    async def descriptors(self) -> str:
        expect(read_to_end(await self.matrix.call_open("from the service")) == "from the service", "what the pipe holds")
        pipe = pipe_with("from the client")
        expect(await self.matrix.call_read(pipe) == "from the client", "what the service reads")
        os.close(pipe)
        return "one each way"

    async def names(self) -> str:
        name = f"{self.name}.Queue"
        first, second = await connect(), await connect()

        def listen(bus: MessageBus, who: str) -> None:
            def on_message(message: Message) -> None:
                if message.member in ("NameAcquired", "NameLost") and message.body == [name]:
                    self.hear(who, message.member)

            bus.add_message_handler(on_message)

        listen(first, "first")
        listen(second, "second")

        async def request(bus: MessageBus, flags: NameFlag) -> int:
            return (await bus.request_name(name, flags)).value

        async def two() -> set:
            return {await self.heard.get(), await self.heard.get()}

        expect(await request(first, NameFlag.ALLOW_REPLACEMENT) == 1, "owner")
        expect(await self.heard.get() == ("first", "NameAcquired"), "signal to the owner")
        expect(await request(second, NameFlag.NONE) == 2, "queued")
        expect(await request(second, NameFlag.DO_NOT_QUEUE) == 3, "exists")
        expect(await request(second, NameFlag.REPLACE_EXISTING) == 1, "replaced")
        expect(await two() == {("first", "NameLost"), ("second", "NameAcquired")}, "signals of the replacement")
        expect(await request(second, NameFlag.REPLACE_EXISTING) == 4, "already owner")
        expect((await second.release_name(name)).value == 1, "released")
        expect(await two() == {("second", "NameLost"), ("first", "NameAcquired")}, "signals of the release")
        expect((await second.release_name(name)).value == 3, "not owner")
        expect((await first.release_name(name)).value == 1, "released by the first")
        expect(await self.heard.get() == ("first", "NameLost"), "its signal")
        expect((await first.release_name(name)).value == 2, "non-existent")
        return "1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost"

    async def leave(self) -> str:
        try:
            await self.matrix.call_leave()
        except DBusError as error:
            expect(error.type == "org.freedesktop.DBus.Error.NoReply", repr(error))
            bus_path = "/org/freedesktop/DBus"
            introspection = await self.bus.introspect("org.freedesktop.DBus", bus_path)
            bus = self.bus.get_proxy_object("org.freedesktop.DBus", bus_path, introspection).get_interface("org.freedesktop.DBus")
            expect(not await bus.call_name_has_owner(self.name), "the name is free")
            return "NoReply, and nobody has the name"
        raise SystemExit("failed: an answer to Leave")


async def main() -> None:
    """As the interface file says."""
    bus = await connect()
    if sys.argv[1] == "serve":
        bus.export(PATH, Matrix())
        await bus.request_name(sys.argv[2], NameFlag.DO_NOT_QUEUE)
        print("ready", flush=True)
        await bus.wait_for_disconnect()
        return

    checks = Checks(bus, sys.argv[2])
    if sys.argv[3:] != ["names"]:
        await checks.introspect()
    for check in sys.argv[3:]:
        print(f"ok {check}: {await getattr(checks, check)()}", flush=True)


logging.disable()  # dbus-next logs each error that a method raises
asyncio.run(main())
