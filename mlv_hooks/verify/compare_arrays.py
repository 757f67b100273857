"""How two arrays or images differ: numpy and Pillow are used where they are installed."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from mlv_hooks.verify.compare import Unreadable, versus

Names = tuple[str, str]


def npy(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two ``.npy`` files."""
    loaded = [_load(data) for data in (one, other)]
    return arrays(loaded[0], loaded[1], names)


def npz(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two ``.npz`` files, array by array."""
    loaded = [{key: archive[key] for key in archive.files} for archive in map(_load, (one, other))]
    found = []
    for key in loaded[0]:
        if key not in loaded[1]:
            found.append(f"array {key}: not in the {names[1]}'s")
        else:
            lines = arrays(loaded[0][key], loaded[1][key], names)
            found += [f"array {key}: {line}" for line in lines]
    found += [f"array {key}: not in the {names[0]}'s" for key in loaded[1] if key not in loaded[0]]
    return found


def _load(data: bytes) -> Any:
    try:
        import numpy
    except ImportError:
        raise Unreadable("install numpy to see the numbers that differ") from None
    try:
        return numpy.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Unreadable(f"no array of numbers: {error}") from None


def arrays(one: Any, other: Any, names: Names) -> list[str]:
    """Compare two arrays: type, shape, then how many numbers differ, the first, the furthest."""
    import numpy

    found = []
    if one.dtype != other.dtype:
        found.append(f"type {versus(str(one.dtype), str(other.dtype), names)}")
    if one.shape != other.shape:
        return [*found, f"shape {versus(one.shape, other.shape, names)}"]
    if one.dtype.names or other.dtype.names or "O" in (one.dtype.kind, other.dtype.kind):
        same = one.tolist() == other.tolist()
        return found if same else [*found, "the values differ"]
    unlike = (one != other) & ~((one != one) & (other != other))
    count = int(numpy.count_nonzero(unlike))
    if not count:
        return found
    first = tuple(int(axis[0]) for axis in numpy.nonzero(numpy.atleast_1d(unlike)))
    values = [numpy.atleast_1d(side)[first].item() for side in (one, other)]
    told = versus(values[0], values[1], names)
    line = f"{count} of {one.size} values differ, first at {list(first)}: {told}"
    if one.dtype.kind in "iuf" and other.dtype.kind in "iuf":
        furthest = numpy.nanmax(numpy.abs(one.astype(float) - other.astype(float)))
        line += f"; by {furthest:.3g} at most"
    return [*found, line]


def images(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two images: size, then how many pixels differ, and where."""
    try:
        from PIL import Image, ImageChops, UnidentifiedImageError
    except ImportError:
        raise Unreadable("install pillow to see the pixels that differ") from None
    try:
        sides = [Image.open(io.BytesIO(data)) for data in (one, other)]
        pixels = [side.convert("RGBA") for side in sides]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unreadable(f"no image: {error}") from None
    if pixels[0].size != pixels[1].size:
        return [f"size {versus(pixels[0].size, pixels[1].size, names)}"]
    # One band at a time: alpha counts too, which getbbox of RGBA alone would leave out.
    bands = ImageChops.difference(pixels[0], pixels[1]).split()
    unlike = bands[0]
    for band in bands[1:]:
        unlike = ImageChops.lighter(unlike, band)
    box = unlike.getbbox()
    if box is None:
        return []
    width, height = unlike.size
    count = width * height - unlike.histogram()[0]
    return [f"{count} of {width * height} pixels differ, within {list(box)} of {width}x{height}"]
