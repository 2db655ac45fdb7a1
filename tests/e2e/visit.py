"""What the fixtures of the same names do: open a page with the widget, start a service of a test's own."""

from collections.abc import Callable

from tests.e2e.live import Live
from tests.e2e.widget import Widget

Visit = Callable[..., Widget]
Serve = Callable[..., Live]
