"""A replica of the service over a tiny index, in a process of its own: `python -m tests.support.replica PORT`."""

import sys

from service.api.app import create_app
from service.bootstrap import Service
from service.connections import listen
from service.settings import ServiceSettings
from tests.support.tiny_embedder import TinyEmbedder

if __name__ == "__main__":
    settings = ServiceSettings()
    app = create_app(Service(settings, TinyEmbedder()))
    listen(app, "127.0.0.1", int(sys.argv[1]), "warning", settings.connections, settings.proxies)
