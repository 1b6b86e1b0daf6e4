"""A SavedModel run as a server runs it: through TensorFlow's C API, which knows no Keras, no Python
operation, and no kerasfeat.

`tf.saved_model.load` would rebuild the functions in Python, and show neither that C++ alone loads
and runs the signatures' own tensors, nor which operations are stock.

The C API: tensorflow/c/c_api.h and tf_tstring.h, which TensorFlow keeps stable. A process that also
imports TensorFlow in Python must do so before it makes a Session.
"""

import ctypes
import importlib.util
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

Values: TypeAlias = np.ndarray | Sequence[bytes]

STRING = 7
# Numbers of tensorflow/core/framework/types.proto that signatures use here.
DTYPES: dict[int, type[np.generic]] = {1: np.float32, 2: np.float64, 3: np.int32, 9: np.int64}
TSTRING_BYTES = 24
POINTERS = (
    "NewStatus",
    "NewBuffer",
    "NewGraph",
    "NewSessionOptions",
    "LoadSessionFromSavedModel",
    "GraphOperationByName",
    "AllocateTensor",
    "TensorData",
    "StringGetDataPointer",
)


class Refused(RuntimeError):
    """TensorFlow's own error.

    Attributes:
        code: its number in google.rpc.Code.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Buffer(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("deallocator", ctypes.c_void_p),
    ]


class _Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("tensorflow")
    assert spec and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    for name in ("framework", "cc"):
        files = sorted(folder.glob(f"libtensorflow_{name}.*"))
        if not files:
            raise OSError(
                f"this TensorFlow has no C library libtensorflow_{name} in {folder}; Linux "
                "and macOS have it."
            )
        library = ctypes.CDLL(str(files[0]), mode=ctypes.RTLD_GLOBAL)
    for name in POINTERS:
        getattr(library, f"TF_{name}").restype = ctypes.c_void_p
    library.TF_Dim.restype = ctypes.c_int64
    library.TF_StringGetSize.restype = ctypes.c_size_t
    library.TF_Message.restype = ctypes.c_char_p
    library.TF_GetAllOpList.restype = ctypes.POINTER(_Buffer)
    return library


class Session:
    """A loaded SavedModel.

    Args:
        path: its folder.

    Attributes:
        meta_graph: its MetaGraphDef, serialised.

    Raises:
        Refused: TensorFlow can't load it.
    """

    def __init__(self, path: Path | str) -> None:
        self._c = _library()
        self._status = ctypes.c_void_p(self._c.TF_NewStatus())
        self._graph = ctypes.c_void_p(self._c.TF_NewGraph())
        meta = _Buffer()
        options = ctypes.c_void_p(self._c.TF_NewSessionOptions())
        tags = (ctypes.c_char_p * 1)(b"serve")
        what = (options, None, str(path).encode(), tags, len(tags))
        into = (self._graph, ctypes.byref(meta), self._status)
        self._session = ctypes.c_void_p(self._c.TF_LoadSessionFromSavedModel(*what, *into))
        self._check()
        self.meta_graph = ctypes.string_at(meta.data, meta.length)

    def known_ops(self) -> bytes:
        """The OpList of TensorFlow's own operations, serialised."""
        buffer = self._c.TF_GetAllOpList()
        return ctypes.string_at(buffer.contents.data, buffer.contents.length)

    def run(self, feeds: Mapping[str, Values], fetches: Sequence[str]) -> list[np.ndarray]:
        """Answer one request.

        Args:
            feeds: tensor name -> array, or list of bytes.
            fetches: tensor names.

        Returns:
            The values of `fetches`; object arrays of bytes for strings.

        Raises:
            Refused: TensorFlow refuses the request.
        """
        inputs = [self._tensor(value) for value in feeds.values()]
        results = (ctypes.c_void_p * len(fetches))()
        names = (
            self._outputs(feeds),
            (ctypes.c_void_p * len(inputs))(*inputs),
            len(inputs),
            self._outputs(fetches),
            results,
            len(fetches),
        )
        self._c.TF_SessionRun(self._session, None, *names, None, 0, None, self._status)
        for tensor in inputs:
            self._c.TF_DeleteTensor(ctypes.c_void_p(tensor))
        self._check()
        arrays = [self._array(ctypes.c_void_p(result)) for result in results]
        for result in results:
            self._c.TF_DeleteTensor(ctypes.c_void_p(result))
        return arrays

    def _check(self) -> None:
        code = self._c.TF_GetCode(self._status)
        if code:
            raise Refused(code, self._c.TF_Message(self._status).decode(errors="replace"))

    def _outputs(self, names: Collection[str]) -> ctypes.Array[_Output]:
        def output(name: str) -> _Output:
            operation, _, index = name.partition(":")
            pointer = self._c.TF_GraphOperationByName(self._graph, operation.encode())
            return _Output(pointer, int(index or 0))

        return (_Output * len(names))(*map(output, names))

    def _tensor(self, value: Values) -> int:
        """The address of a new tensor of these values."""
        text = not isinstance(value, np.ndarray) or value.dtype.kind in "OS"
        array = np.asarray(value, object) if text else np.ascontiguousarray(value)
        codes = [STRING] if text else [code for code, t in DTYPES.items() if array.dtype == t]
        size = TSTRING_BYTES * array.size if text else array.nbytes
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        tensor = self._c.TF_AllocateTensor(codes[0], dims, array.ndim, ctypes.c_size_t(size))
        data = self._c.TF_TensorData(ctypes.c_void_p(tensor))
        if not text:
            ctypes.memmove(data, array.ctypes.data, size)
            return tensor
        for i, part in enumerate(array.ravel()):
            address = ctypes.c_void_p(data + TSTRING_BYTES * i)
            self._c.TF_StringInit(address)
            self._c.TF_StringCopy(address, bytes(part), ctypes.c_size_t(len(part)))
        return tensor

    def _array(self, tensor: ctypes.c_void_p) -> np.ndarray:
        shape = [self._c.TF_Dim(tensor, i) for i in range(self._c.TF_NumDims(tensor))]
        count, code = int(np.prod(shape)), self._c.TF_TensorType(tensor)
        data = self._c.TF_TensorData(tensor)
        if code != STRING:
            dtype = np.dtype(DTYPES[code])
            content = ctypes.string_at(data, count * dtype.itemsize)
            return np.frombuffer(content, dtype).reshape(shape)
        texts = np.empty(count, object)
        for i in range(count):
            address = ctypes.c_void_p(data + TSTRING_BYTES * i)
            size = self._c.TF_StringGetSize(address)
            texts[i] = ctypes.string_at(self._c.TF_StringGetDataPointer(address), size)
        return texts.reshape(shape)
