"""Programs that are loaded once and forked for each call, so that a test pays for no start.

``Served`` starts a server for each program and puts a small client of the same name into a folder
for PATH. What runs is the program itself, in a process of its own with the client's folder,
environment and streams; it only does not begin with loading its modules, and is no child of the
client. So the client runs it the long way where that matters: in an environment in which Python
would start otherwise (PYTHONPATH, another locale), and where pre-commit has put unstaged edits
aside (mlv looks for the patch by the number of the process above it).
"""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

STARTING = ("PYTHON", "LC_", "LANG", "TZ")
"""What the environment says of how Python starts; it must be that of the server."""

CLIENT = """\
#!{python} -IS
import _socket
import os
import sys

real, starting = {real!r}, {starting!r}
env = {{name: value for name, value in os.environb.items()}}
is_other = {{one: env[one] for one in env if env[one] and one.startswith({marks!r})}} != starting
patches = [env.get(b"PRE_COMMIT_HOME"), env.get(b"PREK_HOME", b"") + b"/patches"]
ours = b"-%d" % os.getppid()
for folder in patches:
    if folder and os.path.isdir(folder):
        is_other |= any(one.removesuffix(b".patch").endswith(ours) for one in os.listdir(folder))
if is_other:
    os.execv(real, [real, *sys.argv[1:]])
umask = os.umask(0)
told = [b"%d" % umask, os.getcwdb(), b"%d" % len(env)]
told += [part for pair in env.items() for part in pair]
told += [os.fsencode(one) for one in sys.argv[1:]]
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect({address!r})
data = b"\\0".join(told)
fds = b"".join(one.to_bytes(4, sys.byteorder) for one in (0, 1, 2))
server.sendmsg([b"%020d" % len(data)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)])
while data:
    data = data[server.send(data) :]
code = server.recv(20)
os._exit(int(code) if code else 134)
"""


def mlv() -> Callable[[], object]:
    """Load `mlv`, with all that it may load later."""
    for name in ("jupytext", "nbformat", "ruamel.yaml", "concurrent.futures.process"):
        importlib.import_module(name)
    import mlv_hooks

    for module in pkgutil.walk_packages(mlv_hooks.__path__, "mlv_hooks."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from mlv_hooks.__main__ import run

    return run


def pre_commit() -> Callable[[], object]:
    """Load pre-commit."""
    from pre_commit.main import main

    return main


def dvc() -> Callable[[], object]:
    """Load DVC, with what its commands load."""
    from dvc.cli import main
    from dvc.cli.parser import get_main_parser

    get_main_parser()
    return main


PROGRAMS: dict[str, Callable[[], Callable[[], object]]] = {
    "mlv": mlv,
    "pre-commit": pre_commit,
    "dvc": dvc,
}


class Served:
    """Servers of programs, and the folder of their clients."""

    def __init__(self, folder: Path, real: Path) -> None:
        self.folder = folder
        self._servers = [self._start(name, real / name) for name in PROGRAMS]

    def _start(self, name: str, real: Path) -> subprocess.Popen[bytes]:
        # Addresses of sockets may have no more than 107 bytes.
        address = os.path.join(tempfile.mkdtemp(prefix="mlv-"), "served")
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        marks = tuple(one.encode() for one in STARTING)
        starting = {
            os.fsencode(name): os.fsencode(value)
            for name, value in env.items()
            if value and name.startswith(STARTING)
        }
        client = self.folder / name
        values = {"real": str(real), "starting": starting, "marks": marks, "address": address}
        client.write_text(CLIENT.format(python=sys.executable, **values))
        client.chmod(0o755)
        command = [sys.executable, __file__, name, str(real), address]
        server = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=-1)
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", f"{name} is not served"
        return server

    def stop(self) -> None:
        """End all servers."""
        for server in self._servers:
            server.kill()
            server.communicate()


def take_from_path(hooks: Path) -> None:
    """Let hooks that pre-commit has installed run the pre-commit of PATH, not of one Python."""
    line = f"INSTALL_PYTHON={sys.executable}\n"
    for hook in hooks.iterdir():
        if hook.suffix == "":
            hook.write_text(hook.read_text().replace(line, "INSTALL_PYTHON=\n"))


def serve(name: str, real: str, address: str) -> None:
    """Answer each client by a fork of this process, until it is killed."""
    program = PROGRAMS[name]()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen(64)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        client, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _answer(client, program, real)
        client.close()


def _answer(client: socket.socket, program: Callable[[], object], real: str) -> None:
    """Do what a client asks for, tell it the exit code, and end the process."""
    head, ancillary, _, _ = client.recvmsg(20, socket.CMSG_SPACE(12))
    streams = array.array("i", ancillary[0][2])
    data = b""
    while len(data) < int(head):
        data += client.recv(1 << 20)
    umask, folder, count, *rest = data.split(b"\0")
    names = 2 * int(count)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.umask(int(umask))
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(zip(rest[0:names:2], rest[1:names:2], strict=True))
    sys.argv = [real, *map(os.fsdecode, rest[names:])]
    code = _run(program)
    client.sendall(b"%d" % code)
    os._exit(code)


def _run(program: Callable[[], object]) -> int:
    """Run a program as the script that pip makes of it does; return its exit code."""
    code: object = 1
    try:
        code = program()
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    if isinstance(code, str):
        print(code, file=sys.stderr, flush=True)
        return 1
    return int(code or 0) & 0xFF if isinstance(code, int | None) else 1


if __name__ == "__main__":
    serve(*sys.argv[1:])
