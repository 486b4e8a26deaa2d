#!/usr/bin/python3
"""org.xen.xcp.xenopsd: runs the VMs of the host."""

import itertools

import dbus.service

from service import Service

INTERFACE = "org.xen.xcp.xenopsd"
MIN_MEMORY_KIB = 512 * 1024
MAX_MEMORY_KIB = 1024 * 1024


class Xenopsd(Service):
    """Implements org.xen.xcp.xenopsd.xml."""

    def __init__(self) -> None:
        """Begins with no domain but dom0."""
        self._domids = itertools.count(1)
        super().__init__("xenopsd")

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="u")
    def VM_start(self, id: str) -> int:
        """Builds a domain for the VM, with memory from squeezed."""
        self.log(f"VM_start({id})")
        squeezed = self.peer("squeezed")
        amount_kib, reservation = squeezed.reserve_memory_range(MIN_MEMORY_KIB, MAX_MEMORY_KIB)
        domid = next(self._domids)
        squeezed.transfer_reservation_to_domain(reservation, domid)
        self.log(f"VM_start({id}) -> domain {domid} with {amount_kib} KiB")
        return domid


if __name__ == "__main__":
    Xenopsd().run()
