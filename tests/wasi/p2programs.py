#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs wasmtime's test programs, components already, under the conditions that its own tests give them.

    tests/wasi/p2programs.py DIR [PATTERN ...]

Most want a folder (granted as `.`), a network and a status of 0. The others have an entry here: a
function of the program's name, which runs it and raises Wrong where what it does is not what is wanted.
"""
import base64
import contextlib
import fnmatch
import glob
import hashlib
import http.client
import http.server
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WITC = os.path.join(ROOT, "build/witc")
NETWORK = ["-S", "inherit-network,allow-ip-name-lookup"]
SECONDS = 60
MEGABYTE = bytes((251 * (n + 1)) % 256 for n in range(1 << 20))


class Wrong(Exception):
    pass


class Unsupported(Exception):
    pass


def want(is_good, what):
    if not is_good:
        raise Wrong(what)


def readable(text):
    """Without what witc tells of the frames."""
    return "".join(line for line in text.splitlines(True) if not re.match(r"note: +[0-9]+: ", line))[:1500]


def run(options, program, args=(), status=0, **more):
    """What the program has written; `status` None: anything but success."""
    command = [WITC, "run"] + options + [program] + list(args)
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, **more)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    is_good = done.returncode != 0 if status is None else done.returncode == status
    want(is_good, f"status {done.returncode}, wanted {status}\n" + readable(out + err))
    return out, err


@contextlib.contextmanager
def folder(files=()):
    with tempfile.TemporaryDirectory(prefix="witc-p2-") as path:
        for name, content in dict(files).items():
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), "wb") as file:
                file.write(content)
        yield path


def content(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


# ---- programs that only have to succeed ----

def usual(program, options=(), status=0, **more):
    with folder() as scratch:
        return run(["--argv0", os.path.basename(program), "--env", "ERRNO_MODE_UNIX=1", "--dir", scratch + "::."] +
                   NETWORK + list(options), program, ["."], status, **more)


def bare(program):
    return run([], program)


def traps(message):
    def check(program):
        _, err = usual(program, status=134)
        want(message in err, err)
    return check


def read_only(program):
    with folder({"test.txt": b"read only test file\n", "stream-perms.txt": b"stream permission test\n"}) as fixed:
        usual(program, ["--dir", fixed + "::readonly::ro"])
        want(content(fixed, "test.txt") == b"read only test file\n", "the file has changed")


# ---- programs of the command line ----

def args(program):
    run([], program, ["hello", "this", "", "is an argument", "with 🚩 emoji"])


def with_options(*options, status=0):
    return lambda program: run(list(options), program, status=status)


def with_file(name, before, after=None):
    def check(program):
        with folder({name: before}) as place:
            run(["--dir", place + "::/"], program)
            want(after is None or content(place, name) == after, content(place, name))
    return check


def directory_list(program):
    names = "foo.txt", "bar.txt", "baz.txt", "sub/wow.txt", "sub/yay.txt"
    with folder({name: b"" for name in names}) as place:
        run(["--dir", place + "::/"], program)


def with_input(text, output=None):
    def check(program):
        out, _ = run([], program, input=text)
        want(output is None or out == output, out)
    return check


def stdin_is_a_folder(program):
    with folder() as place:
        fd = os.open(place, os.O_RDONLY)
        try:
            _, err = run([], program, stdin=fd)
        finally:
            os.close(fd)
        want("got expected ErrorCode::IsDirectory" in err, err)


def pipe_breaks(program):
    child = subprocess.Popen([WITC, "run", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    os.read(child.stdout.fileno(), 64)
    child.stdout.close()
    err = child.stderr.read().decode()
    want(child.wait(SECONDS) == 0 and "got expected StreamError::Closed" in err, err)


def prompt(program):
    child = subprocess.Popen([WITC, "run", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    want(os.read(child.stdout.fileno(), 10) == b"> ", "no prompt")
    child.stdout.close()
    child.stdin.close()
    want(child.wait(SECONDS) == 0, "status")


def panics(program):
    _, err = run([], program, status=None)
    want("Curiouser and curiouser!" in err, err)


def sleeps_forever(program):
    for time in "1ns", "250ms":
        run(["-W", "timeout=" + time], program, status=134)


def large_env(program):
    run(["-S", "inherit-env"], program, env={f"KEY{i}": "x" * 1024 for i in range(512)})


def argv0(program):
    run(["--argv0=b"], program, ["b"])


def same_folder_thrice(program):
    with folder({"file": b""}) as place:
        run([f"--dir={place}::/{name}" for name in "abc"], program)


def hello(program):
    run([], program)
    out, _ = run(["--invoke", "run()"], program)
    want(out == "hello, world\nok\n", out)


def random_limits(program):
    limit = ["-S", "max-random-size=255"]
    run([], program)
    for n in range(3):
        _, err = run(limit, program, status=134)
        want("255" in err, err)
        limit += ["--env", ("TEST_P1_RANDOM_LEN", "TEST_P2_RANDOM_LEN", "TEST_P2_INSECURE_RANDOM_LEN")[n] + "=255"]
    run(limit, program)


def header_limits(program):
    for test in "append", "append-empty", "append-same", "append-same-empty":
        for options in [], ["-S", "max-http-fields-size=1048576"]:
            run(options, program, ["p2-" + test], 134)
    run(["-S", f"max-http-fields-size={1 << 30}"], program, ["p2-append"], 134)


def much_output(program):
    total = 1 << 18
    for i in range(0, 18, 3):
        text = "a" * (1 << i)
        out, _ = run([], program, [text, str(total >> i)])
        want(out == "a" * total, f"{len(out)} bytes")


def resources(limit, status):
    return lambda program: run(["-S", f"max-resources={limit}"], program, status=status)


def max_resources(program):
    resources(50, 134)(program)
    resources(200, 0)(program)


def call_fuel(program):
    cases = {"poll": 134, "read": 0, "write": 134, "mkdir": 134, "write-stream": 134, "write-stream-blocking": 134,
             "resolve": 134, "udp-send-many": 134, "udp-send-big": 134, "write-zeroes": 134,
             "write-stream-buffer-too-large": 134, "write-zeroes-buffer-too-large": 134, "read-file-big": 0,
             "read-tcp-big": 0}
    wrong = []
    for name, status in cases.items():
        with folder({"1mb": bytes(1 << 20)}) as place:
            try:
                run(["-S", "hostcall-fuel=5000"] + NETWORK + ["--dir", place + "::."], program, [name], status)
            except Wrong as error:
                wrong.append(f"{name}: {error}")
    want(not wrong, "\n".join(wrong))


# ---- HTTP ----

class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request's method, target and body; and some fixed texts."""
    protocol_version = "HTTP/1.1"
    fixed = {"/a": "’Twas brillig, and the slithy toves", "/b": "Did gyre and gimble in the wabe:",
             "/c": "All mimsy were the borogoves,", "/d": "And the mome raths outgrabe."}

    def parts(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def chunk(self, part):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    def answer(self):
        """The head goes out before the body comes in: there are programs that wait for it."""
        self.send_response(200)
        self.send_header("x-wasmtime-test-method", self.command)
        self.send_header("x-wasmtime-test-uri", self.path)
        length = self.headers.get("Content-Length")
        fixed = self.fixed.get(self.path, "").encode()
        if fixed or length is not None:
            self.send_header("Content-Length", length or str(len(fixed)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in self.parts():
            if fixed or length is not None:
                self.wfile.write(part)
            elif part:
                self.chunk(part)
        if fixed:
            self.wfile.write(fixed)
        elif length is None:
            self.chunk(b"")

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def echo_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def sends(program):
    with echo_server() as address:
        usual(program, ["--env", "HTTP_SERVER=" + address])


@contextlib.contextmanager
def http2_server():
    """Speaks HTTP/2 alone, in as far as a client of HTTP/1.1 sees it: settings, and the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            with contextlib.suppress(OSError), server.accept()[0] as peer:
                peer.sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]) + bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + bytes(7) + b"\1")
                peer.recv(4096)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"localhost:{server.getsockname()[1]}"


def sends_nowhere(program):
    """It counts on an address for documentation, 203.0.113.12, that does not answer."""
    with contextlib.suppress(OSError):
        socket.create_connection(("203.0.113.12", 80), 0.3).close()
        raise Unsupported("the network here answers for every address")
    usual(program)


def sends_to_http2(program):
    with http2_server() as address:
        usual(program, ["--env", "HTTP_SERVER=" + address])


def extreme_times(program):
    with folder({"extreme.dat": b"hello"}) as place:
        os.utime(os.path.join(place, "extreme.dat"), (14e9, 14e9))  # in 2413, beyond 2^63 nanoseconds
        run(["--dir", place + "::."], program, ["."])


class Server:
    def __init__(self, program, options):
        command = [WITC, "serve", "--addr", "127.0.0.1:0"] + options + [program]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = None
        first = self.child.stderr.readline().decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", first)
        want(found, first)
        self.port = int(found[1])

    def request(self, method="GET", target="/", headers=(), body=None, host="localhost"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(
            None if body is None else (body[i:i + 16384] for i in range(0, len(body), 16384)),
            encode_chunked=body is not None)
        response = connection.getresponse()
        response.content = response.read()
        connection.close()
        return response


@contextlib.contextmanager
def serving(program, *options):
    server = Server(program, list(options))
    try:
        yield server
    finally:
        server.child.send_signal(signal.SIGTERM)
        server.out, server.err = (text.decode() for text in server.child.communicate(timeout=SECONDS))


def good(response, body=None):
    want(response.status == 200, f"{response.status} {response.content[:200]}")
    want(body is None or response.content == body, response.content[:200])
    return response


def serves(body=None, times=1):
    def check(program):
        with serving(program) as server:
            for _ in range(times):
                good(server.request(), body)
    return check


def serves_env(program):
    with serving(program, "--env=FOO=bar", "--env=BAR") as server:
        want(good(server.request(headers=[("env", "FOO")])).getheader("env") == "bar", "FOO")
        want(good(server.request(headers=[("env", "BAR")])).getheader("env") is None, "BAR")


def serves_prints(program):
    with serving(program) as server:
        for _ in range(2):
            good(server.request())
    want(server.out.count("this is half a print to stdout") == 2 and server.out.count("after empty") == 2, server.out)
    want(server.err.count("start a print 1234") == 2, server.err)


def serves_authority(program):
    with serving(program) as server:
        good(server.request())


def never_set(program):
    with serving(program) as server:
        for _ in range(2):
            want(server.request().status == 500, "status")


def serves_late(program):
    with serving(program, "--timeout", "300ms") as server:
        want(server.request().status == 504, "status")


def api_streaming(program):
    with echo_server() as address, serving(program, "--net-allow", "tcp:*:*", "--net-allow", "dns") as server:
        urls = {f"http://{address}{path}": text for path, text in Echo.fixed.items()}
        lines = good(server.request(target="/hash-all", headers=[("url", url) for url in urls])).content.decode()
        for line in lines.splitlines():
            url, _, found = line.partition(": ")
            digest = hashlib.sha256(urls.pop(url).encode()).digest()
            want(found == base64.b64encode(digest).decode().rstrip("="), line)
        want(not urls, f"no answer for {urls}")
        octets = ("content-type", "application/octet-stream")
        for target, more in ("/echo", []), ("/double-echo", [("url", f"http://{address}/echo")]):
            response = good(server.request("POST", target, [octets] + more, MEGABYTE), MEGABYTE)
            want(response.getheader("content-type") == octets[1], "content-type")


def api_streaming_denied(program):
    with echo_server() as address, serving(program, "--net-allow", "tcp:localhost:*") as server:
        urls = [("url", "http://forbidden.com"), ("url", f"http://{address}/a")]
        for line in good(server.request(target="/hash-all", headers=urls)).content.decode().splitlines():
            want(("HttpRequestDenied" in line) == ("forbidden.com" in line), line)


def api_streaming_both(program):
    api_streaming(program)
    api_streaming_denied(program)


def api_forward(program):
    """It sends what it has got to the same authority; here to the one that stands in Host."""
    with echo_server() as address, serving(program, "--net-allow", "tcp:*:*", "--net-allow", "dns") as server:
        server.request(target="/get", host=address)


def reactor(program):
    calls = [('add-strings(["hello", "$GOOD_DOG"])', "2")]
    for call, result in calls:
        out, _ = run(["--env", "GOOD_DOG=gussie", "--invoke", call], program)
        want(out.strip() == result, out)


def api_read_only(program):
    with folder({"bar.txt": b"And stood awhile in thought", "sub/x": b""}) as place:
        os.remove(os.path.join(place, "sub/x"))
        run(["--dir", place + "::/::ro"], program)


def not_here(why):
    def skip(_):
        raise Unsupported(why)
    return skip

SPECIAL = {
    "p2_api_proxy": not_here("wants a host that forbids a field of its own"),
    "p2_api_proxy_forward_request": api_forward,
    "p2_api_proxy_streaming": api_streaming_both,
    "p2_api_reactor": reactor,
    "p2_api_read_only": api_read_only,
    "p2_api_time": not_here("wants clocks with times of its own, of the embedder"),
    "p2_cli_args": args,
    "p2_cli_argv0": argv0,
    "p2_cli_default_clocks": bare,
    "p2_cli_directory_list": directory_list,
    "p2_cli_env": with_options("--env=frabjous=day", "--env=callooh=callay"),
    "p2_cli_exit_failure": with_options(status=1),
    "p2_cli_exit_panic": panics,
    "p2_cli_exit_with_code": with_options("-S", "cli-exit-with-code", status=42),
    "p2_cli_file_append": with_file(
        "bar.txt", b"'Twas brillig, and the slithy toves.\n",
        b"'Twas brillig, and the slithy toves.\nDid gyre and gimble in the wabe;\n"
        b"All mimsy were the borogoves,\nAnd the mome raths outgrabe.\n"),
    "p2_cli_file_dir_sync": with_file("bar.txt", b"'Twas brillig, and the slithy toves.\n"),
    "p2_cli_file_read": with_file("bar.txt", b"And stood awhile in thought"),
    "p2_cli_hello_stdout": hello,
    "p2_cli_hostcall_fuel": call_fuel,
    "p2_cli_http_headers": header_limits,
    "p2_cli_initial_cwd": with_options("-S", "cwd=/sandbox"),
    "p2_cli_large_env": large_env,
    "p2_cli_many_resources": resources(100, 134),
    "p2_cli_max_resources": max_resources,
    "p2_cli_much_stdout": much_output,
    "p2_cli_multiple_preopens": same_folder_thrice,
    "p2_cli_no_ip_name_lookup": with_options("-S", "inherit-network,allow-ip-name-lookup=no"),
    "p2_cli_no_tcp": with_options("-S", "inherit-network,tcp=no"),
    "p2_cli_no_udp": with_options("-S", "inherit-network,udp=no"),
    "p2_cli_serve_authority_and_scheme": serves_authority,
    "p2_cli_serve_config": not_here("wasi:config is no part of WASI 0.2"),
    "p2_cli_serve_echo_env": serves_env,
    "p2_cli_serve_hello_world": serves(b"Hello, WASI!", 5),
    "p2_cli_serve_keyvalue": not_here("wasi:keyvalue is no part of WASI 0.2"),
    "p2_cli_serve_return_before_set": never_set,
    "p2_cli_serve_sleep": serves_late,
    "p2_cli_serve_trap_before_set": never_set,
    "p2_cli_serve_with_print": serves_prints,
    "p2_cli_sleep_forever": sleeps_forever,
    "p2_cli_splice_stdin": with_input(
        b"So rested he by the Tumtum tree",
        "before splice\nSo rested he by the Tumtum tree\ncompleted splicing 31 bytes\n"),
    "p2_cli_stdin": with_input(b"So rested he by the Tumtum tree"),
    "p2_cli_stdin_eisdir": stdin_is_a_folder,
    "p2_cli_stdin_empty": with_input(b"not to be read"),
    "p2_cli_stdio_write_flushes": prompt,
    "p2_cli_stdout_epipe": pipe_breaks,
    "p2_file_hardlink_across_perms": read_only,
    "p2_file_rename_across_perms": read_only,
    "p2_file_stream_not_permitted": read_only,
    "p2_file_truncation_readonly": read_only,
    "p1_file_hardlink_across_perms": read_only,
    "p1_file_rename_across_perms": read_only,
    "p1_file_truncation_readonly": read_only,
    "p1_cli_hostcall_fuel": not_here("wants a host of preview 1 without an adapter"),
    "p1_cli_much_stdout": much_output,
    "p1_stat_extreme_host_mtime": extreme_times,
    "p1_stdio_isatty": not_here("wants a terminal"),
    "p2_http_outbound_request_timeout": sends_nowhere,
    "p2_http_outbound_request_invalid_version": sends_to_http2,
    "p2_http_outbound_request_invalid_header": not_here("wants a host that forbids a field of its own"),
    "p2_pollable_traps": traps("poll"),
    "p2_random": random_limits,
    "p2_stream_pollable_traps": lambda program: usual(program, status=None),
    "p2_udp_send_too_much": traps("permit"),
}

READ_ONLY = ("what a folder without mutate-directory forbids \"shall fail with `error-code::read-only`\"; the program "
             "wants not-permitted")
# Programs that want something else than the text of the WIT, and what it says.
DIFFERENT = {
    "p1_file_hardlink_across_perms": READ_ONLY,
    "p1_file_rename_across_perms": READ_ONLY,
    "p1_file_truncation_readonly": READ_ONLY,
    "p2_file_hardlink_across_perms": READ_ONLY,
    "p2_file_rename_across_perms": READ_ONLY,
    "p2_file_truncation_readonly": READ_ONLY,
    "p1_path_filestat": "the integrity flags are \"a request\", which is granted here; the program wants them unsupported",
    "p1_path_symlink_trailing_slashes": "EEXIST and ENOTDIR both hold of `file/`, and Linux has the first",
    "p2_cli_no_ip_name_lookup": "access-denied is \"always possible\"; the program knows permanent-resolver-failure alone",
    "p2_cli_no_tcp": "a socket \"does not require a network capability\" to be made; access is denied when it is used",
    "p2_cli_no_udp": "a socket \"does not require a network capability\" to be made; access is denied when it is used",
    "p2_http_outbound_request_invalid_version": "CONNECT is refused at once: HTTP-request-method-invalid",
    "p2_http_outbound_request_missing_path_and_query": "no path \"represents an empty Path\", so the request is sent",
    "p2_tcp_connect": "\"after a failed connection attempt ... the only valid action left is to `drop` the socket\"; the "
                      "program tries the same one again",
}


def main():
    patterns = sys.argv[2:] or ["*"]
    counts = {"ok": 0, "FAILED": 0, "different": 0, "left out": 0}
    for program in sorted(glob.glob(os.path.join(sys.argv[1], "p[12]_*.wasm"))):
        name = os.path.basename(program)[:-len(".wasm")]
        if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            continue
        check = SPECIAL.get(name, sends if name.startswith("p2_http_") else usual)
        state, why = "ok", ""
        try:
            check(program)
        except Unsupported as error:
            state, why = "left out", str(error)
        except (Wrong, OSError, subprocess.TimeoutExpired, http.client.HTTPException) as error:
            state, why = "FAILED", str(error)
        if name in DIFFERENT:
            state, why = ("different", DIFFERENT[name]) if state == "FAILED" else ("FAILED", "it passes, and is listed")
        counts[state] += 1
        if state != "ok" or sys.argv[2:]:
            print(f"{state}: {name}" + (": " + why.replace("\n", "\n    ") if why else ""), flush=True)
    print(", ".join(f"{n} {state}" for state, n in counts.items()))
    return 1 if counts["FAILED"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
