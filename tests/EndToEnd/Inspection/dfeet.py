#!/usr/bin/python3
"""Looks at a service with d-feet, as a person does: finds it on a bus, expands it to its methods, takes a picture.

xvfb-run -a dbus-run-session -- dfeet.py ADDRESS SERVICE PICTURE

ADDRESS is the bus that is looked at. SERVICE has an interface of its own name, at the path of that name. The methods that d-feet
shows are printed, a line each. The session bus around it all is for accessibility alone: by it d-feet's widgets are seen and
worked, as a screen reader would.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import gi

gi.require_version("Gdk", "3.0")
import pyatspi
from gi.repository import Gdk, GLib

END = time.monotonic() + 120


def wait_for(what: str, look: Callable[[], object]) -> object:
    """The first result that is not None. Widgets come and go while they are looked at: then they are looked at again."""
    while time.monotonic() < END:
        try:
            found = look()
        except (GLib.Error, AttributeError, StopIteration, ValueError):
            found = None
        if found is not None:
            return found
        time.sleep(0.2)
    raise TimeoutError(f"d-feet does not show {what}")


def children(widget: object) -> Iterator[object]:
    """What is directly in a widget."""
    return (widget.getChildAtIndex(index) for index in range(widget.childCount))


def widgets(root: object, role: str) -> Iterator[object]:
    """The widgets of a role, anywhere in another, in their order."""
    if root.getRoleName() == role:
        yield root
    for child in children(root):
        yield from widgets(child, role)


class DFeet:
    """The running d-feet, by its widgets."""

    def __init__(self) -> None:
        """Waits until it is there."""
        desktop = pyatspi.Registry.getDesktop(0)
        self.application = wait_for("its window", lambda: next(child for child in children(desktop) if child.name == "d-feet"))

    def select(self, service: str) -> None:
        """Chooses a service in the list of the names on the bus."""

        def shows(item: object) -> bool:
            return any(label.name == service for label in widgets(item, "label"))

        item = wait_for(service, lambda: next(item for item in widgets(self.application, "list item") if shows(item)))
        item.parent.querySelection().selectChild(item.getIndexInParent())

    def cells_after(self, *way: str) -> list[object]:
        """The cells of the tree after the last one of the way: its first text, then somewhere below the second, and so on."""
        cells = list(widgets(next(widgets(self.application, "tree table")), "table cell"))
        for text in way:
            cells = cells[[cell.name for cell in cells].index(text) + 1 :]
        return cells

    def expand(self, *way: str) -> None:
        """Expands the last cell of the way."""

        def expand() -> object:
            cell = next(cell for cell in self.cells_after(*way[:-1]) if cell.name == way[-1])
            if cell.getState().contains(pyatspi.STATE_EXPANDED):
                return cell
            actions = cell.queryAction()
            actions.doAction([actions.getName(index) for index in range(actions.nActions)].index("expand or contract"))
            return None

        wait_for(f"{way[-1]}, expanded", expand)

    def take_picture(self, file: str) -> None:
        """Writes its window to a PNG file, once it has come to rest."""
        screen = Gdk.get_default_root_window()
        area = next(widgets(self.application, "frame")).queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
        before = None

        def still() -> object:
            nonlocal before
            last, before = before, Gdk.pixbuf_get_from_window(screen, area.x, area.y, area.width, area.height)
            return before if last is not None and last.get_pixels() == before.get_pixels() else None

        wait_for("a picture at rest", still).savev(file, "png", [], [])


def main(address: str, service: str, picture: str) -> None:
    """Does it all, and ends d-feet."""
    Gdk.Display.get_default().get_default_seat().get_pointer().warp(Gdk.Screen.get_default(), 0, 0)
    with tempfile.TemporaryDirectory() as home:
        viewer = subprocess.Popen(["d-feet", f"--address={address}"], env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home})
        try:
            dfeet = DFeet()
            dfeet.select(service)
            way = ["/" + service.replace(".", "/"), "Interfaces", service, "Methods"]
            for length in range(1, len(way) + 1):
                dfeet.expand(*way[:length])
            print("\n".join(cell.name for cell in dfeet.cells_after(*way)))
            dfeet.take_picture(picture)
        finally:
            viewer.kill()
            viewer.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
