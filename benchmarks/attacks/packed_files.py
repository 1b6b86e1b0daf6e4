"""Archives that reach outside their folder, arrays that hold pickles, and models that hold Python.

    python benchmarks/attacks/packed_files.py

Survived is a result within its folder or one message: no code of a file runs, and nothing outside
the folder changes.
"""

import io
import os
import pickle
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import Tally

import hub_models
from hub_models import HubError
from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.unpack import unpack
from kerasfeat.silence import import_tensorflow

Write = Callable[[Path], None]
OUTSIDE = "outside.mp3"


class Ran(Exception):
    """Code of a file has run."""


def _run() -> None:
    raise Ran("code of a file has run")


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _run, ()


def zip_of(*names: str, link: str = "") -> Write:
    """A zip whose files have these names; `link` is a symbolic link to the folder above."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            if link:
                item = zipfile.ZipInfo(link)
                item.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(item, "..")
            for name in names:
                archive.writestr(name, b"sound")

    return write


def encrypted(path: Path) -> None:
    """A zip that says its file is encrypted."""
    zip_of("song.mp3")(path)
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        content[content.index(signature) + place] |= 1
    path.write_bytes(content)


def tar_of(*members: tuple[str, bytes, str]) -> Write:
    """A tar of (name, kind, target of a link)."""

    def write(path: Path) -> None:
        with tarfile.open(path, "w") as archive:
            for name, kind, target in members:
                item = tarfile.TarInfo(name)
                item.type, item.linkname, item.size = kind, target, 5
                archive.addfile(item, io.BytesIO(b"sound"))

    return write


def lying_size(path: Path) -> None:
    """A zip whose file is said to have another size than it has."""
    zip_of("song.mp3")(path)
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = content.index(signature) + place
        content[start : start + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)


def damaged_lzma(path: Path) -> None:
    """A zip whose content is no stream of its compression."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("song.mp3", b"sound" * 99)
    content = bytearray(path.read_bytes())
    start = content.index(b"song.mp3") + len(b"song.mp3")
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)


FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
ARCHIVES: dict[str, Write] = {
    "above.zip": zip_of(f"../{OUTSIDE}"),
    "far above.zip": zip_of(f"a/../../{OUTSIDE}"),
    "absolute.zip": zip_of(f"{{above}}/{OUTSIDE}"),
    "backslashes.zip": zip_of(f"..\\{OUTSIDE}"),
    "drive.zip": zip_of(f"C:\\{OUTSIDE}"),
    "through a link.zip": zip_of(f"up/{OUTSIDE}", link="up"),
    "a link of sound.zip": zip_of(link="song.mp3"),
    "a file and a folder.zip": zip_of("a.mp3", "a.mp3/b.mp3"),
    "a long name.zip": zip_of("n" * 300 + ".mp3"),
    "a name with zero.zip": zip_of("a\0b.mp3"),
    "encrypted.zip": encrypted,
    "a lying size.zip": lying_size,
    "damaged lzma.zip": damaged_lzma,
    "no zip.zip": lambda path: path.write_bytes(b"PK\3\4" + b"x" * 99),
    "above.tar": tar_of((f"../{OUTSIDE}", FILE, "")),
    "absolute.tar": tar_of((f"{{above}}/{OUTSIDE}", FILE, "")),
    "through a link.tar": tar_of(("up", LINK, ".."), (f"up/{OUTSIDE}", FILE, "")),
    "a hard link.tar": tar_of(("song.mp3", HARD, "../secret.mp3")),
    "a link of sound.tar": tar_of(("song.mp3", LINK, "../secret.mp3")),
    "a device.tar": tar_of(("song.mp3", tarfile.CHRTYPE, "")),
    "a pipe.tar": tar_of(("song.mp3", tarfile.FIFOTYPE, "")),
    "a file and a folder.tar": tar_of(("a.mp3", FILE, ""), ("a.mp3/b.mp3", FILE, "")),
    "a long name.tar": tar_of(("n" * 300 + ".mp3", FILE, "")),
    "no tar.tar": lambda path: path.write_bytes(b"x" * 2048),
}


def archive_fault(name: str, write: Write, folder: Path) -> str:
    """What is wrong with how an archive is unpacked."""
    songs, path = folder / "songs", folder / name
    songs.mkdir()
    (folder / "secret.mp3").write_bytes(b"secret")
    write(path)
    path.write_bytes(path.read_bytes().replace(b"{above}", bytes(folder)))
    before = set(folder.rglob("*"))
    try:
        unpack(path, songs, (".mp3",))
    except KerasfeatError:
        pass
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    strangers = {new for new in set(folder.rglob("*")) - before if songs not in new.parents}
    secrets = [new for new in songs.rglob("*.mp3") if new.is_symlink() or b"secret" in content(new)]
    return f"made {strangers or secrets}" if strangers or secrets else ""


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def saved_model(path: Path) -> None:
    """A SavedModel that has a function of Python, and variables that are none of YAMNet's."""
    import tensorflow as tf

    module = tf.Module()
    module.weight = tf.Variable([1.0], name="layer1/conv/kernel")
    module.call = tf.function(
        lambda x: tf.py_function(lambda y: _run() or y, [x], tf.float32),
        input_signature=[tf.TensorSpec([None], tf.float32)],
    )
    tf.saved_model.save(module, str(path))


def pickles(path: Path) -> None:
    """Arrays of objects, which NumPy keeps as pickles."""
    array = np.empty(1, object)
    array[0] = Trap()
    np.savez(path, **{"layer1/conv/kernel": array})


WEIGHTS: dict[str, Write] = {
    "pickles.npz": pickles,
    "a pickle called.npz": lambda path: path.write_bytes(pickle.dumps(Trap())),
    "a pickle called.h5": lambda path: path.write_bytes(pickle.dumps(Trap())),
    "saved_model": saved_model,
}


def weights_fault(backbone: str, path: Path) -> str:
    """What is wrong with how weights are added to the cache, which they don't fit."""
    try:
        hub_models.add(backbone, path)
    except HubError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it was taken"


def main() -> None:
    tally = Tally("packed files")
    for name, write in ARCHIVES.items():
        with tempfile.TemporaryDirectory() as folder:
            tally.add(name, archive_fault(name, write, Path(folder)))
    import_tensorflow(gpu=False)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KERASFEAT_CACHE"] = f"{folder}/cache"
        for name, write in WEIGHTS.items():
            path = Path(folder) / name
            write(path)
            for backbone in hub_models.names():
                tally.add(f"hub add {backbone} {name}", weights_fault(backbone, path))
    tally.finish()


if __name__ == "__main__":
    main()
