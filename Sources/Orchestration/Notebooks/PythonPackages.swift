/// Which package of the Python package index brings a module.
enum PythonPackages {
  /// Whether the module comes with Python.
  static func isStandard(_ module: String) -> Bool {
    module.hasPrefix("_") || standard.contains(module)
  }

  /// The package that brings the module; nil when it isn't known.
  static func package(of module: String) -> String? { known[module] }

  private static let known: [String: String] = {
    var result: [String: String] = [:]
    for word in knownText.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: ":")
      result[String(parts[0])] = String(parts[parts.count - 1])
    }
    return result
  }()

  private static let standard = Set(
    standardText.split(whereSeparator: \.isWhitespace).map(String.init))

  /// Modules that participants use, with `:package` where it has another name.
  private static let knownText = """
    accelerate aiohttp arch attr:attrs birdgame botorch bottleneck bs4:beautifulsoup4 catboost
    ccxt click cloudpickle colorama condorgame crunch:crunch-cli crunch_synth:crunch-synth
    cv2:opencv-python-headless cvxopt cvxpy cytoolz dask datasets dateutil:python-dateutil
    densitypdf dill dotenv:python-dotenv duckdb einops emcee ephem fastparquet filterpy flax
    gensim google:protobuf gpytorch h5py hdbscan hmmlearn httpx hyperopt igraph iminuit
    IPython:ipython jax joblib keras lifelines lightgbm loguru matplotlib mlforecast
    more_itertools:more-itertools mpl_toolkits:matplotlib msgpack networkit networkx nltk numba
    numexpr numpy numpyro optax optuna orjson ortools packaging pandas pandas_ta:pandas-ta patsy
    PIL:Pillow pkg_resources:setuptools plotly pmdarima polars properscoring prophet psutil pulp
    pyarrow pydantic pykalman pylab:matplotlib pymc pyro:pyro-ppl
    pytorch_lightning:pytorch-lightning pytz pywt:PyWavelets ray requests rich river ruptures
    safetensors sb3_contrib:sb3-contrib scipy scoringrules seaborn setuptools shap
    skimage:scikit-image sklearn:scikit-learn sktime sortedcontainers spacy sqlalchemy:SQLAlchemy
    statsmodels stumpy sympy ta tables tabulate talib:TA-Lib tensorflow tokenizers toolz torch
    torchvision tqdm transformers tsfresh typer typing_extensions:typing-extensions tzlocal ujson
    umap:umap-learn websockets xgboost yaml:PyYAML yfinance zarr
    """

  /// `sys.stdlib_module_names` of Python 3.11, and what later versions added or dropped.
  private static let standardText = """
    __future__ abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore
    atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk
    cmath cmd code codecs codeop collections colorsys compileall compression concurrent
    configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime
    dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler
    fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass
    gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp
    importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma
    mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc
    nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb
    pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile
    pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline
    reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal
    site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants
    sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys
    sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time
    timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types
    typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg
    winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
    """
}
