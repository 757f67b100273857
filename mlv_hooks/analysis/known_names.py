"""Names that mean something before a notebook binds them: fixed lists, equal on each Python."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


BUILTINS = words(
    """
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup
    BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
    ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
    DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception
    ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning
    GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError
    IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError
    NameError None NotADirectoryError NotImplemented NotImplementedError OSError OverflowError
    PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError
    RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration
    StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True
    TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError
    UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError
    __build_class__ __debug__ __import__ abs aiter all anext any ascii bin bool breakpoint
    bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir
    display divmod enumerate eval exec exit filter float format frozenset get_ipython getattr
    globals hasattr hash help hex id input int isinstance issubclass iter len license list
    locals map max memoryview min next object oct open ord pow print property quit range repr
    reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip
    """
)
"""Of all Pythons since 3.10, and those that a kernel adds."""

STANDARD = words(
    """
    __future__ abc argparse array ast asyncio atexit base64 bisect bz2 calendar cmath codecs
    collections colorsys concurrent configparser contextlib contextvars copy copyreg csv ctypes
    dataclasses datetime dbm decimal difflib dis email enum errno faulthandler fcntl filecmp
    fileinput fnmatch fractions ftplib functools gc getopt getpass gettext glob graphlib grp
    gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress itertools json
    keyword linecache locale logging lzma mailbox marshal math mimetypes mmap multiprocessing
    netrc numbers operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib
    poplib posixpath pprint profile pwd queue quopri random re reprlib resource runpy sched
    secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3
    ssl stat statistics string stringprep struct subprocess symtable sys sysconfig syslog
    tarfile tempfile termios textwrap threading time timeit tokenize tomllib trace traceback
    tracemalloc types typing unicodedata unittest urllib uuid venv warnings wave weakref
    webbrowser xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
    """
)
"""Modules of the standard library that do nothing but define names when they are imported."""

STDLIB = STANDARD | words(
    """
    aifc annotationlib antigravity asynchat asyncore audioop bdb binascii binhex builtins cgi
    cgitb chunk cmd code codeop compileall compression cProfile crypt curses distutils doctest
    encodings ensurepip genericpath idlelib imghdr imp lib2to3 mailcap modulefinder msilib
    msvcrt nis nntplib nt ntpath nturl2path opcode ossaudiodev pipes posix pstats pty
    py_compile pyclbr pydoc pydoc_data pyexpat readline rlcompleter smtpd sndhdr spwd
    sre_compile sre_constants sre_parse sunau tabnanny telnetlib this tkinter token tty turtle
    turtledemo uu winreg winsound wsgiref xdrlib
    """
)
"""All public modules of the standard library, of all Pythons since 3.10."""

LIBRARIES = words(
    """
    IPython PIL altair attr attrs bokeh bs4 catboost cv2 cycler dask datasets dateutil duckdb
    fastai flax folium gensim geopandas h5py httpx imblearn ipywidgets jax joblib keras lightgbm
    lxml matplotlib mpl_toolkits networkx nltk numba numexpr numpy openpyxl optuna pandas patsy
    plotly polars psycopg2 pyarrow pydantic pymongo pyspark pytz requests rich scipy seaborn
    shap shapely skimage sklearn spacy sqlalchemy statsmodels sympy tensorflow tokenizers torch
    torchaudio torchvision tqdm transformers umap wordcloud xarray xgboost yaml yellowbrick
    """
)
"""Libraries that nobody has as a file beside the notebook."""

KERNEL_WORDS = words(
    """
    IPython In Out __main__ argv clear_output create_task dir display ensure_future eval exec exit
    get_event_loop get_ipython get_running_loop getpass getsource getsourcelines globals input
    ipykernel locals parse_args parse_known_args ps1 quit run run_until_complete show
    update_display vars
    """
)
"""Names, attributes and texts that may mean something else in a kernel than in a module."""

PLOTTING = words(
    """
    matplotlib seaborn mpl_toolkits yellowbrick shap wordcloud pylab
    """
)
"""Libraries that import matplotlib."""

DECORATING = words(
    """
    abc atexit contextlib dataclasses enum functools numba torch typing
    """
)
"""Libraries whose decorators may run at the module's start just as well."""
