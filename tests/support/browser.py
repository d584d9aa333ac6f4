# SPDX-License-Identifier: Apache-2.0
"""A page in headless Chromium, driven over its pipe, and the origin it is served from.

The origin is this process: the page itself, and /v1/ passed on to projector-svc as a frontend's proxy does.
"""
import base64
import http.client
import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, page, behind, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.page, self.behind = page, behind
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        self.end_headers()

    def do_GET(self):
        if not self.path.startswith("/v1/"):
            is_page = self.path == "/"
            self.answer(200 if is_page else 404, "text/html; charset=utf-8")
            self.wfile.write(self.server.page if is_page else b"")
            return
        wanted = ("Authorization", "Last-Event-ID")
        behind = http.client.HTTPConnection(self.server.behind, timeout=60)
        try:
            behind.request("GET", self.path,
                           headers={name: self.headers[name] for name in wanted if self.headers[name]})
            answer = behind.getresponse()
            self.answer(answer.status, answer.headers["Content-Type"])
            while data := answer.read1(65536):
                self.wfile.write(data)
        except (OSError, http.client.HTTPException):
            pass  # either side is gone: the other one sees its connection end
        finally:
            behind.close()
            self.close_connection = True


class Browser:
    """One page. Limits are seconds."""
    CALL_LIMIT = 120

    def __init__(self, url):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def connect():
            # where they lie may be 3 or 4: moved out of the way first
            reads, writes = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(
            [shutil.which("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", "--window-size=900,700", f"--user-data-dir={self.folder.name}", "about:blank"],
            preexec_fn=connect, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.bytes, self.number, self.session = b"", 0, None
        target = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        self.call("Page.navigate", url=url)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        end = time.monotonic() + self.CALL_LIMIT
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.bytes:
                if not select.select([self.input], [], [], max(0, end - time.monotonic()))[0]:
                    raise TimeoutError(f"the browser has not answered {method} for {self.CALL_LIMIT} s")
                data = os.read(self.input, 65536)
                if not data:
                    raise EOFError("the browser is gone")
                self.bytes += data
            answer, self.bytes = self.bytes.split(b"\0", 1)
            answer = json.loads(answer)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

    def ask(self, expression):
        """The value of an expression in the page; None where it fails."""
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def await_value(self, expression, wanted, limit=60):
        end = time.monotonic() + limit
        while (value := self.ask(expression)) != wanted:
            if time.monotonic() > end:
                raise AssertionError(f"{expression}: {value!r}, not {wanted!r}")
            time.sleep(0.05)

    def screenshot(self, path):
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        with open(path, "wb") as out:
            out.write(data)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.output)
        os.close(self.input)
        self.folder.cleanup()
