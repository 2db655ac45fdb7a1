"""A collector of OTLP over HTTP on loopback, in a process of its own, so that its work is not the service's.

GET tells how many spans have come.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # an exporter keeps its connection
    spans = 0

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        _Taker.spans += sum(len(scope.spans) for resource in sent.resource_spans for scope in resource.scope_spans)
        self._reply(b"")

    def do_GET(self) -> None:
        self._reply(str(_Taker.spans).encode())

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """It is silent."""


@contextmanager
def collector() -> Iterator[str]:
    """Run one; yield where spans go."""
    command = [sys.executable, "-m", "benchmarks.collector"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1/traces"
        finally:
            process.terminate()


def collected(endpoint: str) -> int:
    """Return how many spans have come."""
    return int(httpx.get(endpoint, trust_env=False).text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    print(server.server_port, flush=True)
    server.serve_forever()
