"""A camera that speaks RTSP: ``/usr/bin/python3 rtsp_server.py PORT USER PASSWORD``; port 0 takes a free one.

It asks for the password, sends H.264, and its grey pictures tell when they were drawn. It runs under the system's
Python, which has GStreamer's bindings, so it imports nothing of ours; the test reads the pictures with ``drawn_at``.
"""

import sys
import time

PATH, WIDTH, HEIGHT = "/hall", 320, 240
RATE = 5
"""Frames a second: as slow as a camera's second stream often is, so that much waits while it is opened."""
PERIOD = 20.0
"""Seconds after which the greys come again."""
_SPAN = 0.8
"""Of the brightness, whose full range is -1 to 1: so much of it that neither black nor white is reached."""


def brightness(moment: float) -> float:
    """What the picture of a moment (seconds since 1970) adds to a middle grey."""
    return (moment % PERIOD / PERIOD - 0.5) * _SPAN


def drawn_at(grey: float) -> float:
    """From the mean of a picture, 0 to 255, to the seconds of the period at which it was drawn."""
    luma = grey * 219 / 255 + 16
    middle = 128 * 219 / 255 + 16
    return ((luma - middle) / 255 / _SPAN + 0.5) * PERIOD


def main(port: str, user: str, password: str) -> None:
    """Serve until killed; print the port when it can be reached."""
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    def show_time(_factory: object, media: object) -> None:
        grey = media.get_element().get_by_name("grey")  # type: ignore[attr-defined]
        GLib.timeout_add(20, lambda: grey.set_property("brightness", brightness(time.time())) or True)

    Gst.init(None)
    token, permissions, auth = GstRtspServer.RTSPToken(), GstRtspServer.RTSPPermissions(), GstRtspServer.RTSPAuth()
    token.set_string("media.factory.role", "viewer")
    for what in ("access", "construct"):
        permissions.add_permission_for_role("viewer", f"media.factory.{what}", True)
    auth.add_basic(auth.make_basic(user, password), token)

    factory = GstRtspServer.RTSPMediaFactory(shared=True)
    factory.set_permissions(permissions)
    factory.set_launch(
        "( videotestsrc is-live=true pattern=solid-color foreground-color=0xff808080 ! videobalance name=grey"
        f" ! video/x-raw,width={WIDTH},height={HEIGHT},framerate={RATE}/1"
        f" ! openh264enc gop-size={RATE} ! rtph264pay name=pay0 )"
    )
    factory.connect("media-configure", show_time)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
    server.set_auth(auth)
    server.get_mount_points().add_factory(PATH, factory)
    if not server.attach(None):
        sys.exit(f"cannot listen on port {port}")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
