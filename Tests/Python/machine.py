"""What a benchmark says of its run before its figures."""
import os
import platform
import subprocess
import time


def describe(seed):
    """When, which commit, the seed and the machine, in a line."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True,
                            text=True).stdout.strip() or "unknown"
    return (f"{time.strftime('%Y-%m-%d %H:%M')} commit {commit}, seed {seed}, "
            f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
