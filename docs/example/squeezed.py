#!/usr/bin/python3
"""org.xen.xcp.squeezed: divides the memory of the host among its domains."""

import itertools

import dbus
import dbus.service

from service import Service

INTERFACE = "org.xen.xcp.squeezed"
HOST_MEMORY_KIB = 4 * 1024 * 1024


class NotEnoughMemory(dbus.DBusException):
    """Less memory is free than the caller needs at least."""

    _dbus_error_name = f"{INTERFACE}.Error.NotEnoughMemory"


class UnknownReservation(dbus.DBusException):
    """No such reservation was made, or it is spent."""

    _dbus_error_name = f"{INTERFACE}.Error.UnknownReservation"


class Squeezed(Service):
    """Implements org.xen.xcp.squeezed.xml."""

    def __init__(self) -> None:
        """Begins with all memory free."""
        self._free_kib = HOST_MEMORY_KIB
        self._reservations: dict[str, int] = {}
        self._numbers = itertools.count(1)
        super().__init__("squeezed")

    @dbus.service.method(INTERFACE, in_signature="tt", out_signature="ts")
    def reserve_memory_range(self, min_kib: int, max_kib: int) -> tuple[int, str]:
        """Sets aside as much memory as is free, at most max_kib."""
        if self._free_kib < min_kib:
            raise NotEnoughMemory(f"{min_kib} KiB wanted, {self._free_kib} KiB free")
        amount_kib = min(int(max_kib), self._free_kib)
        reservation = f"reservation-{next(self._numbers)}"
        self._free_kib -= amount_kib
        self._reservations[reservation] = amount_kib
        self.log(f"reserve_memory_range({min_kib}, {max_kib}) -> ({amount_kib}, {reservation})")
        return amount_kib, reservation

    @dbus.service.method(INTERFACE, in_signature="su", out_signature="")
    def transfer_reservation_to_domain(self, reservation: str, domid: int) -> None:
        """Gives reserved memory to a domain."""
        if self._reservations.pop(reservation, None) is None:
            raise UnknownReservation(f"no reservation '{reservation}'")
        self.log(f"transfer_reservation_to_domain({reservation}, {domid})")


if __name__ == "__main__":
    Squeezed().run()
