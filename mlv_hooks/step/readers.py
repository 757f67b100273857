"""The pieces of a step's command line, as text: functions that read one word, and their imports.

``HELPERS`` has for each function the names that it needs and its text.
"""

from __future__ import annotations

HELPERS = {
    "literal": (
        ("ast",),
        '''def {name}(text):
    """Read a Python literal such as 3 or [1, 2]; anything else is text."""
    try:
        return {ast}.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
''',
    ),
    "boolean": (
        (),
        """def {name}(text):
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
""",
    ),
    "iso_date": (("date",), "def {name}(text):\n    return {date}.fromisoformat(text)\n"),
    "iso_datetime": (
        ("datetime",),
        "def {name}(text):\n    return {datetime}.fromisoformat(text)\n",
    ),
    "json_dict": (
        ("json",),
        """def {name}(text):
    value = {json}.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value
""",
    ),
    "json_list": (
        ("json",),
        """def {name}(text):
    value = {json}.loads(text)
    if not isinstance(value, list):
        raise ValueError(text)
    return value
""",
    ),
}
OPTIONAL = """def {name}(text):
    return None if text == "None" else {read}
"""
IMPORTS = {
    "Path": ("pathlib", "Path"),
    "date": ("datetime", "date"),
    "datetime": ("datetime", "datetime"),
    "Literal": ("typing", "Literal"),
}
READERS = {
    "int": "int",
    "float": "float",
    "bool": "boolean",
    "date": "iso_date",
    "datetime": "iso_datetime",
    "dict": "json_dict",
    "list": "json_list",
    "any": "literal",
}
METAVARS = {
    "int": "INT",
    "float": "FLOAT",
    "str": "TEXT",
    "path": "PATH",
    "bool": "BOOL",
    "date": "DATE",
    "datetime": "DATETIME",
    "dict": "JSON",
    "list": "JSON",
    "any": "VALUE",
}
