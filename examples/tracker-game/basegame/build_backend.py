"""Packs this folder as a wheel (PEP 517) with Python's own library alone.

The usual backends are downloaded by pip before each installation. This package is pure Python
without dependencies, and models must start on machines without a network, so it brings its own.
"""

import base64
import hashlib
import pathlib
import tarfile
import tomllib
import zipfile

HERE = pathlib.Path(__file__).parent
MODULE = "examplegame"


def _project():
    return tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _stem(project):
    return f"{project['name'].replace('-', '_')}-{project['version']}"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel into `wheel_directory` and returns its file name."""
    project = _project()
    info = f"{_stem(project)}.dist-info"
    files = {
        path.relative_to(HERE).as_posix(): path.read_bytes()
        for path in sorted((HERE / MODULE).glob("**/*.py"))
    }
    metadata = (
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        f"Summary: {project['description']}\nRequires-Python: {project['requires-python']}\n"
    )
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: build_backend\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(content)}\n")
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = "".join(record).encode()

    wheel = f"{_stem(project)}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """Writes the source archive into `sdist_directory` and returns its file name."""
    stem = _stem(_project())
    archive_path = pathlib.Path(sdist_directory) / f"{stem}.tar.gz"
    with tarfile.open(archive_path, "w:gz") as archive:
        for name in ("pyproject.toml", "build_backend.py", MODULE):
            archive.add(HERE / name, arcname=f"{stem}/{name}")
    return archive_path.name
