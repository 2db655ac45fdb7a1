"""`python -m tests.e2e.screenshots [FOLDER]`: pictures of the main states for the docs, docs/img/widget-*.png."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from benchmarks.browser import chromium
from ingest.models.offline import prepare
from tests.e2e.index import real_embedder, real_settings
from tests.e2e.listed import listed
from tests.e2e.live import Live
from tests.e2e.sites import Sites
from tests.e2e.widget import Widget
from tests.support.paths import ROOT

DESK: dict[str, Any] = {"viewport": {"width": 1040, "height": 660}, "locale": "zh-CN"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "locale": "zh-CN",
    "has_touch": True,
    "is_mobile": True,
    "color_scheme": "dark",
}
ZOOM: dict[str, Any] = {"viewport": {"width": 640, "height": 400}, "locale": "en-US", "device_scale_factor": 2}
SHOP = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>课程</title>
<link rel="icon" href="data:,"><style>
body { margin: 0; font: 16px/1.7 system-ui, "Noto Sans CJK SC"; color: #23302b; background: #f4f1ea }
header { padding: 18px 48px; background: #2f4a3f; color: #fff; font-weight: 600 }
main { max-width: 520px; padding: 40px 48px } h1 { font-size: 32px; line-height: 1.3 } p { color: #55605a }
</style><script src="SCRIPT" data-accent="#2f6b52" defer></script></head>
<body><header>示例学院</header><main><h1>大模型面试训练营</h1><p>十二个专题，从基础概念到部署运维。</p>
<p>每周两次直播，配套练习与代码评审；有问题随时问右下角。</p><p>第一周：注意力机制与位置编码<br>
第二周：数据准备与分词<br>第三周：微调、对齐与 RLHF<br>第四周：推理优化与部署</p></main></body></html>"""


class Camera:
    """Opens pages and saves what they show."""

    def __init__(self, browser: Browser, live: Live, folder: Path) -> None:
        self._browser, self._live, self._folder = browser, live, folder

    def visit(self, address: str = "", **options: Any) -> Widget:
        page = self._browser.new_context(**(options or DESK)).new_page()
        page.goto(address or self._live.url)
        return Widget(page, self._live)

    def save(self, widget: Widget, name: str) -> None:
        widget.settle()
        widget.page.wait_for_timeout(600)  # smooth scrolling has no end to wait for
        file = self._folder / f"widget-{name}.png"
        widget.page.screenshot(path=file)
        print(f"{file} {file.stat().st_size / 1000:.0f} kB")  # noqa: T201
        widget.page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Save pictures of the widget's main states.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "img")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    sites = Sites()
    models = prepare("multilingual-e5-small", ROOT / "var" / "models").parent
    with tempfile.TemporaryDirectory() as kept:
        settings = real_settings(models, Path(kept) / "store.sqlite", [sites.origin])
        live = Live(settings, real_embedder(settings))
        with chromium() as browser:
            take(Camera(browser, live, folder), live, sites)
        live.stop()
    sites.close()


def take(camera: Camera, live: Live, sites: Sites) -> None:
    widget = camera.visit()
    expect(widget.by("suggestion")).to_have_count(4)
    camera.save(widget, "welcome")

    widget = camera.visit()
    live.pace.most = 7
    widget.submit("什么是 QLoRA？它和 LoRA 有什么区别？")
    expect(widget.cite(4)).to_be_visible()
    show(widget, widget.cite(3))
    camera.save(widget, "answer")
    live.pace.release()

    widget = camera.visit()
    widget.ask("解释层归一化和残差连接在 Transformer 中的作用")
    show(widget, widget.cite(6))
    widget.by("open-in-outline").click()
    expect(widget.reader.locator("mark").first).to_be_visible()
    widget.page.mouse.move(0, 0)
    camera.save(widget, "outline")

    widget = camera.visit()
    widget.ask(listed(live))
    camera.save(widget, "listed")

    widget = camera.visit()
    for question in ("什么是 RLHF？", "注意力机制怎么算？", "什么是 QLoRA？"):
        widget.by("new-chat").click()
        widget.ask(question)
    widget.by("chats-toggle").click()
    widget.host.locator(".chat").last.hover()
    widget.by("chat-pin").last.click()
    widget.page.mouse.move(0, 0)
    camera.save(widget, "chats")

    widget = camera.visit()
    widget.ask("什么是 QLoRA？")
    widget.ask("它有什么缺点？")
    expect(widget.by("carried")).to_be_visible()
    shared = camera.visit(f"{live.url}/#/a/{live.last()['id']}")
    expect(shared.by("shared")).to_be_visible()
    camera.save(shared, "shared")
    camera.save(widget, "carried")

    widget = camera.visit()
    widget.ask("明天上海的天气怎么样？")
    camera.save(widget, "refused")

    widget = camera.visit(**ZOOM)
    widget.ask("What is gradient checkpointing?")
    show(widget, widget.cite(1))
    camera.save(widget, "zoom")

    widget = camera.visit(**PHONE)
    widget.ask("什么是 QLoRA？")
    show(widget, widget.cite(1))
    camera.save(widget, "phone")

    widget = camera.visit(**{**DESK, "locale": "en-US"})
    widget.ask("What is gradient checkpointing?")
    widget.page.mouse.move(0, 0)
    camera.save(widget, "english")

    widget = camera.visit(sites.add("/shop", SHOP.replace("SCRIPT", f"{live.url}/widget.js")))
    widget.by("launcher").click()
    expect(widget.by("suggestion")).to_have_count(4)
    widget.ask("静态词嵌入与上下文词嵌入有何区别？")
    widget.page.mouse.move(0, 0)
    camera.save(widget, "site")


def show(widget: Widget, mark: Locator) -> None:
    """Open a citation and wait for the words around it."""
    mark.click()
    expect(widget.popover.locator(".around").first).to_be_attached()
    expect(widget.popover.locator(".stars")).to_be_visible()


if __name__ == "__main__":
    main()
