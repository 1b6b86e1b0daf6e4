"""Servers that answer `kerasfeat predict --server` with anything but a model's answers.

    python benchmarks/attacks/hostile_servers.py

Survived is one message, soon and without filling the memory; what is printed has no control
character, and no song goes anywhere else.
"""

import contextlib
import gzip
import io
import itertools
import json
import resource
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import Tally

from kerasfeat import KerasfeatError
from kerasfeat.cli import cli
from kerasfeat.serving import rest

PATIENCE_S, MOST_MB = 2.0, 400
LABELS = ["happy", "sad"]
SCHEMA = {
    "task": "mood",
    "kind": "classes",
    "targets": ["mood"],
    "labels": LABELS,
    "edges": [],
    "ranges": {"mood": [0.0, 1.0]},
    "columns": [{"name": "energy"}, {"name": "valence"}],
    "sample_rate_hz": 0,
    "alone": ["features"],
    "max_batch_size": 8,
}

# Sends answers to the requests of a connection, of which the first is for the schema.
Answer = Callable[[socket.socket, int], None]


def ok(content: object) -> bytes:
    """An HTTP answer with JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def schema(**changes: object) -> bytes:
    """The answer to the first request, with changes."""
    return ok({"predictions": [json.dumps({**SCHEMA, **changes})]})


def texts(*answers: bytes) -> Answer:
    """Answers one request after the other, the last one also all others."""
    return lambda connection, number: connection.sendall(answers[min(number, len(answers) - 1)])


def values(*rows: object) -> Answer:
    """A right schema, then these values."""
    return texts(schema(), ok({"predictions": [{"probabilities": row} for row in rows]}))


def endless(head: bytes, pieces: Iterator[bytes], pause_s: float = 0) -> Answer:
    """Begins, and never ends."""

    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(head)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)

    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MEGA = b"100000\r\n" + b" " * 2**20 + b"\r\n"
BOMB = gzip.compress(b" " * 2**26)


def headed(*lines: bytes, status: bytes = b"200 OK", body: bytes = b"{}") -> Answer:
    """An answer with this head."""
    return texts(b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", body]))


# Heads of which each line says that the answer is none: nothing is waited for.
HEADS: dict[str, Answer] = {
    "a length that is none": headed(b"Content-Length: abc"),
    "a length that is empty": headed(b"Content-Length:"),
    "a negative length": headed(b"Content-Length: -5"),
    "a length of many digits": headed(b"Content-Length: " + b"9" * 5000),
    "a length of 100 PB": headed(b"Content-Length: " + b"9" * 17),
    "two lengths": headed(b"Content-Length: 2", b"Content-Length: 3"),
    "no length, in pieces": headed(b"Content-Length: a", b"Transfer-Encoding: chunked", body=b"2"),
    "busy, of no length": headed(b"Content-Length: abc", status=b"503 Busy"),
    "asked to wait a year": headed(b"Retry-After: 31536000", status=b"503 Busy"),
    "asked to wait for nothing": headed(b"Retry-After: abc", status=b"503 Busy"),
    "a redirect to more": headed(b"Location: /v1/models/x", status=b"307 Moved"),
    "a redirect to nowhere": headed(b"Location: http://[::1", status=b"302 Found"),
    "a status that is none": headed(status=b"abc"),
    "a thousand headers": headed(*[b"X-%d: y" % number for number in range(1000)]),
    "packed tightly": headed(
        b"Content-Encoding: gzip", b"Content-Length: %d" % len(BOMB), body=BOMB
    ),
    "packed a hundred times": headed(
        b"Content-Encoding: " + b",".join([b"gzip"] * 100), b"Content-Length: 2"
    ),
    "packed badly": headed(b"Content-Encoding: gzip", b"Content-Length: 2"),
    "pieces of no length": headed(b"Transfer-Encoding: chunked", body=b"zz\r\n"),
}
MODES: dict[str, Answer] = {
    "an endless body": endless(CHUNKED, itertools.repeat(MEGA)),
    "a dripped body": endless(CHUNKED, itertools.repeat(b"1\r\n \r\n"), 0.1),
    "dripped headers": endless(b"HTTP/1.1 200 OK\r\n", itertools.repeat(b"X-Y: z\r\n"), 0.1),
    "an endless header": endless(b"HTTP/1.1 200 OK\r\nX: ", itertools.repeat(b"y" * 2**16)),
    "busy without end": endless(CHUNKED.replace(b"200 OK", b"503 Busy"), itertools.repeat(MEGA)),
    "moved without end": endless(
        CHUNKED.replace(b"200 OK", b"302 Found\r\nLocation: /v1/models/x"), itertools.repeat(MEGA)
    ),
    "continues without end": endless(b"", itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "less than its length": headed(b"Content-Length: 7"),
    "pieces of a negative length": headed(b"Transfer-Encoding: chunked", body=b"-5\r\nabc"),
    "silence": lambda connection, number: time.sleep(30),
    "a closed connection": lambda connection, number: connection.close(),
    "another protocol": texts(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "JSON nested deeply": texts(ok(b"[" * 200_000)),
    "a number of many digits": texts(ok(b'{"predictions": [%s]}' % (b"9" * 10_000))),
    "no JSON": texts(ok(b"<html>\x1b[31mhello")),
    "an error with escapes": texts(ok({"error": "\x1b]0;owned\x07\x1b[31mred"})),
    "an error of 20 MB": texts(ok({"error": "x" * 20_000_000})),
    "a status with escapes": texts(b"HTTP/1.1 400 \x1b[31mred\r\nContent-Length: 2\r\n\r\n{}"),
    "a schema that is a list": texts(ok({"predictions": ["[]"]})),
    "a schema nested deeply": texts(ok({"predictions": ["[" * 200_000]})),
    "a schema of no kind": texts(schema(kind="music")),
    "a sample rate of 1e12": texts(schema(sample_rate_hz=10**12, alone=["audio"])),
    "columns that are numbers": texts(schema(columns=[1, 2])),
    "no columns": texts(schema(columns=None)),
    "batches of none": texts(schema(max_batch_size=0)),
    "percent of no kind": texts(schema(percent={"energy": "\x1b[31m"})),
    "labels that are lists": texts(schema(labels=[["happy"], ["sad"]])),
    "probabilities that are nan": values([float("nan"), 0.5]),
    "probabilities of -7": values([-7.0, 8.0]),
    "probabilities of 1e308": values([1e308, 1e308]),
    "too few songs": texts(schema(), ok({"predictions": []})),
    "too few labels": values([1.0]),
    "probabilities that are text": values(["a", "b"]),
}


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Yields the address of a model on a server that answers so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = itertools.count()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = listening.accept()[0]
                    threading.Thread(target=talk, args=[connection], daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with contextlib.suppress(OSError, ValueError), connection:
                while read_request(connection):
                    answer(connection, next(number))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/models/mood"


def read_request(connection: socket.socket) -> bytes:
    """The head of the next request, whose body is passed over; nothing at the end."""
    file = connection.makefile("rb", buffering=0)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = file.readline()
        if not line:
            return b""
        head += line
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.partition(b":")[2])
            while left:
                left -= len(file.read(left) or b"x" * left)
    return head


def redirects(tally: Tally, words: list[str]) -> None:
    """A 307 to another origin, which must get nothing."""
    asked: list[int] = []

    def other(connection: socket.socket, number: int) -> None:
        asked.append(number)
        connection.sendall(schema())

    with serving(other) as there:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()
        fault = fault_of(texts(moved), words)
        tally.add("a redirect to another origin", fault or ("it was followed" if asked else ""))


def fault_of(answer: Answer, words: list[str]) -> str:
    """Why a command that asks this server did not survive; "" where it did."""
    said, begun, before_mb = io.StringIO(), time.monotonic(), memory_mb()
    with serving(answer) as url:
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                cli.main([*words, "--server", url], standalone_mode=False)
        except KerasfeatError as error:
            said.write(str(error))
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
    if time.monotonic() - begun > 4 * PATIENCE_S + 4:
        return f"took {time.monotonic() - begun:.0f} s"
    if any(ord(sign) < 32 and sign not in "\n\t" for sign in said.getvalue()):
        return "printed control characters"
    if len(said.getvalue()) > 2000:
        return f"printed {len(said.getvalue()):,} characters"
    if "nan" in said.getvalue() or "-7" in said.getvalue():
        return "printed what is no probability"
    needed_mb = memory_mb() - before_mb
    return f"needed {needed_mb:.0f} MB" if needed_mb > MOST_MB else ""


def memory_mb() -> float:
    """The most that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_song(folder: Path) -> list[str]:
    """The words of a command that asks for one song."""
    table = folder / "song.csv"
    table.write_text("energy,valence\n0.5,0.25\n")
    return ["predict", str(table)]


def main() -> None:
    tally = Tally("hostile servers")
    rest.TIMEOUT_S, rest.BACKOFF_S = PATIENCE_S, 0.01
    with tempfile.TemporaryDirectory() as folder:
        words = write_song(Path(folder))
        tally.add("right answers", fault_of(values([0.25, 0.75]), words))
        for name, answer in (HEADS | MODES).items():
            tally.add(name, fault_of(answer, words))
        redirects(tally, words)
    tally.finish()


if __name__ == "__main__":
    main()
