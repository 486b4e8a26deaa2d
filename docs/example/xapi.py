#!/usr/bin/python3
"""org.xen.xcp.xapi: takes the calls of XenAPI clients."""

import dbus.service

from service import Service

INTERFACE = "org.xen.xcp.xapi"
VM_ID = "debian-12"


class Xapi(Service):
    """Implements org.xen.xcp.xapi.xml."""

    def __init__(self) -> None:
        """Needs nothing but the bus."""
        super().__init__("xapi")

    @dbus.service.method(INTERFACE, in_signature="", out_signature="s")
    def test(self) -> str:
        """Starts a VM through xenopsd."""
        self.log("test()")
        domid = self.peer("xenopsd").VM_start(VM_ID)
        return f"VM {VM_ID} runs as domain {domid}"


if __name__ == "__main__":
    Xapi().run()
