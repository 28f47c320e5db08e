# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""HTTP over the wire: the server that programs ask, and the client that asks programs.

A specification says what each does, byte for byte (as ISO 8859-1):

    "http_server": {"/path": {"send": BYTES, "then": "close"}, ...}
        A server on 127.0.0.1, whose address the program finds in the variable HTTP_SERVER. It sends the bytes
        of the path, without its query, that is asked for; "/a/*" stands for all that begin with "/a/". BYTES is a text,
        or a list of texts and of [text, times]. Then the connection is kept ("keep", the default), closed,
        or reset; "hang": it stays open, and nothing more comes; "echo": the request comes back as the body of
        a response, "count": the length of the request's body; "later": as "keep", after 100 ms.

    "http_requests": [{"name": NAME, "send": BYTES, ...}, ...]
        The program exports wasi:http/incoming-handler. Each is a case: the bytes are sent on a connection of
        its own ("half_close": and its sending side is ended), and what comes back has "status", "fields"
        (each [name, value] is among them in this order, names in any case),
        "trailers" (as fields), "body" (a text, or {"length": N}), or a body that "contains" these texts (in any case;
        "contains_exactly": by case), after "informational" ones (their statuses). "status" may be a list of those that are right (null: no answer), "error" for 4xx and 5xx, or
        "error or 200" (or "error, 200 or nothing"): then the rest counts where it is 200. With "whole" false the answer breaks off, if it is
        200; with null it may.
"""
import socket
import struct
import threading
import time

SECONDS = 20


def to_bytes(said):
    parts = said if isinstance(said, list) else [said]
    return b"".join((p if isinstance(p, str) else p[0] * p[1]).encode("latin-1") for p in parts)


class Reader:
    """Bytes of a connection; `more` is False at its end."""

    def __init__(self, connection):
        self.connection, self.bytes = connection, b""

    def more(self):
        try:
            got = self.connection.recv(65536)
        except OSError:
            got = b""
        self.bytes += got
        return bool(got)

    def line(self):
        while b"\r\n" not in self.bytes:
            if not self.more():
                return None
        line, _, self.bytes = self.bytes.partition(b"\r\n")
        return line.decode("latin-1")

    def take(self, n):
        while len(self.bytes) < n and self.more():
            pass
        got, self.bytes = self.bytes[:n], self.bytes[n:]
        return got

    def fields(self):
        """Until an empty line; None where the connection ends before."""
        fields = []
        while line := self.line():
            name, _, value = line.partition(":")
            fields.append([name, value.strip(" \t")])
        return None if line is None else fields

    def chunks(self):
        """A chunked body and its trailers: (body, trailers or None, is_whole)"""
        body = b""
        while True:
            line = self.line()
            if line is None:
                return body, None, False
            size = int(line.split(";")[0], 16)
            if size == 0:
                trailers = self.fields()
                return body, trailers, trailers is not None
            part = self.take(size)
            body += part
            if len(part) < size or self.line() is None:
                return body, None, False


def value_of(fields, name):
    return next((value for n, value in fields if n.lower() == name), None)


# ---- the server ----

class Server:
    def __init__(self, routes):
        self.routes = routes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()
        except OSError:
            pass

    def route(self, path):
        found = self.routes.get(path)
        while not found and path:
            path = path.rpartition("/")[0]
            found = self.routes.get(path + "/*")
        return found

    def serve(self, connection):
        with connection:
            reader = Reader(connection)
            try:
                while self.answer(reader, connection):
                    pass
            except (OSError, ValueError):
                pass

    @staticmethod
    def read_request(reader):
        """(its first line, its bytes as they came, the length of its body), or None"""
        while b"\r\n\r\n" not in reader.bytes:
            if not reader.more():
                return None
        raw = reader.bytes
        first = reader.line()
        fields = reader.fields()
        length = int(value_of(fields, "content-length") or 0)
        if value_of(fields, "transfer-encoding"):
            while True:  # as it comes, so that it can be sent back
                again = Reader(reader.connection)
                again.more = lambda: False
                again.bytes = reader.bytes
                body, _, is_whole = again.chunks()
                if is_whole:
                    break
                before = len(reader.bytes)
                if not reader.more():
                    return None
                raw += reader.bytes[before:]
            reader.bytes = again.bytes
            length = len(body)
        else:
            head = len(raw) - len(reader.bytes)
            body = reader.take(length)
            if len(body) < length:
                return None
            raw = raw[:head] + body
        return first, raw[:len(raw) - len(reader.bytes)] if reader.bytes else raw, length

    def answer(self, reader, connection):
        request = self.read_request(reader)
        if not request:
            return False
        first, raw, length = request
        route = self.route(first.split(" ")[1].partition("?")[0])
        if not route:
            return False
        then = route.get("then", "keep")
        out = to_bytes(route.get("send", ""))
        if then in ("echo", "count"):
            body = raw if then == "echo" else b"%d" % length
            out = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        if first.startswith("HEAD "):
            out = out.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        if then == "later":
            time.sleep(0.1)
        connection.sendall(out)
        if then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if then == "hang":
            while reader.more():
                pass
        return then in ("keep", "echo", "count", "later")


# ---- the client ----

def exchange(port, case):
    """What comes back: a dictionary with the keys of a case."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.sendall(to_bytes(case["send"]))
            if case.get("half_close"):
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # what has been answered by then counts
        reader = Reader(connection)
        got = {"status": None, "informational": [], "trailers": [], "fields": [], "body": b"", "whole": False}
        while first := reader.line():
            got["status"] = int(first.split(" ")[1])
            got["fields"] = reader.fields() or []
            if not 100 <= got["status"] < 200:
                break
            got["informational"].append(got["status"])
        if got["status"] is None:
            return got
        length = value_of(got["fields"], "content-length")
        if to_bytes(case["send"]).startswith(b"HEAD ") or got["status"] in (204, 304):
            got["whole"] = True
        elif value_of(got["fields"], "transfer-encoding"):
            got["body"], got["trailers"], got["whole"] = reader.chunks()
        elif length is not None:
            got["body"] = reader.take(int(length))
            got["whole"] = len(got["body"]) == int(length)
        else:
            while reader.more():
                pass
            got["body"], got["whole"] = reader.bytes, True
        return got


def in_order(wanted, fields):
    rest = iter([name.lower(), value] for name, value in fields or [])
    return all([name.lower(), value] in rest for name, value in wanted)


def is_status(got, want):
    if isinstance(want, str):
        if got is None:
            return "nothing" in want
        return 400 <= got <= 599 or (got == 200 and "200" in want)
    return got in (want if isinstance(want, list) else [want])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def is_served(port, server, seconds):
    """Whether the server (None: there is none) listens, or will within that time."""
    end = time.monotonic() + seconds
    while server and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
    return False


def differences(case, got):
    """What is not as the case wants it."""
    want = case["status"]
    if not is_status(got["status"], want):
        return [f"status {got['status']}, want {want}"]
    if isinstance(want, str) and got["status"] != 200:
        return []
    why = []
    text, body = got["body"].decode("latin-1"), case.get("body")
    if isinstance(body, dict):
        if len(text) != body["length"]:
            why.append(f"{len(text)} bytes, want {body['length']}")
    elif body is not None and text != body:
        why.append(f"body {text[:2000]!r}, want {body!r}")
    why += [f"body {text[:2000]!r}, want {part!r} in it" for part in case.get("contains", [])
            if part.lower() not in text.lower()]
    why += [f"body {text[:2000]!r}, want {part!r} in it" for part in case.get("contains_exactly", [])
            if part not in text]
    for key in "fields", "trailers":
        if not in_order(case.get(key, []), got[key]):
            why.append(f"{key} {got[key]}, want {case[key]}")
    if case.get("informational", got["informational"]) != got["informational"]:
        why.append(f"informational {got['informational']}, want {case['informational']}")
    is_whole = case.get("whole", True)
    if is_whole is not None and got["status"] == 200 and got["whole"] != is_whole:
        why.append("it is whole" if got["whole"] else "it is not whole")
    return why
