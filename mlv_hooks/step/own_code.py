"""What a step may bring along: small functions, each written only where it is used.

``__mlv_own__name`` in a text stands for what ``name`` is called in the module.
"""

from __future__ import annotations

MODULES = {
    "os": ("os", "", "os"),
    "io": ("io", "", "io"),
    "sys": ("sys", "", "sys"),
    "asyncio": ("asyncio", "", "asyncio"),
    "contextlib": ("contextlib", "", "contextlib"),
    "subprocess": ("subprocess", "", "subprocess"),
    "Path": ("pathlib", "Path", "Path"),
    "plt": ("matplotlib.pyplot", "", "plt"),
}
"""Imports: module, member, and the name that they get where it is free."""

HELPERS = {
    "working_in": '''@__mlv_own__contextlib.contextmanager
def working_in(folder):
    """Work in a folder as the notebook does, and come back."""
    before = __mlv_own__os.getcwd()
    __mlv_own__os.chdir(folder)
    try:
        yield
    finally:
        __mlv_own__os.chdir(before)
''',
    "from_folder": '''def from_folder(path, folder):
    """Return a path of the caller as it is seen from the folder."""
    text = str(path)
    if text == "" or text.startswith("~") or ":" in text or __mlv_own__os.path.isabs(text):
        return path
    ending = "/" if text.endswith("/") else ""
    return type(path)(__mlv_own__os.path.relpath(text, folder) + ending)
''',
    "shell": '''def shell(command):
    """Run a command, show what it prints, and go on when it fails."""
    print(__mlv_own__shell_output(command), end="")
''',
    "shell_output": '''def shell_output(command):
    """Return what a command prints."""
    return __mlv_own__subprocess.run(
        command,
        shell=True,
        executable=__mlv_own__os.environ.get("SHELL"),
        stdin=__mlv_own__subprocess.DEVNULL,
        stdout=__mlv_own__subprocess.PIPE,
        stderr=__mlv_own__subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ).stdout
''',
    "script": '''def script(command, text, check=True):
    """Give a program its script, show what it prints, and stop when it fails."""
    done = __mlv_own__subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
    print(done.stdout, end="")
    print(done.stderr, end="", file=__mlv_own__sys.stderr)
    if check:
        done.check_returncode()
''',
    "write_file": '''def write_file(path, text, mode="w"):
    """Write a file and say so."""
    exists = __mlv_own__os.path.exists(path)
    verb = "Appending to" if mode == "a" and exists else "Overwriting" if exists else "Writing"
    print(verb, path)
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)
''',
}
