"""Makes the virtual environment ``.venv`` and installs what is missing: ``python install.py [--dev]``.

Runs on any Python, so that a wrong one is answered in a sentence; installs again only when a requirement file changes.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
LOWEST, BELOW = (3, 11), (3, 14)
WHEELS = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")}


def refusal(version, system, machine, libc):
    """One sentence if TensorFlow has no wheel for such a machine, else an empty text."""
    if not LOWEST <= tuple(version) < BELOW:
        return "This is Python %d.%d, but TensorFlow needs Python 3.11, 3.12 or 3.13: install one of them and try again." % tuple(version)
    if (system, machine) not in WHEELS or (system == "Linux" and libc != "glibc"):
        name = " ".join(part for part in (system, machine, libc if system == "Linux" else "") if part)
        return "TensorFlow has no wheel for %s: use Linux with glibc (x86-64 or ARM), macOS on Apple silicon, or 64-bit Windows." % name
    return ""


def python():
    """The Python of the virtual environment."""
    return os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")


def stamp(names):
    """What the environment was made from: the Python, the place and the requirement files."""
    digest = hashlib.sha256(("%s %s" % (sys.version_info[:2], VENV)).encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def whole():
    """Whether the environment runs."""
    return os.path.exists(python()) and subprocess.call([python(), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0


def install(names):
    """Make the environment if there is none that runs, and install the last of the files, which names the others."""
    note = os.path.join(VENV, names[-1] + ".stamp")
    wanted = stamp(names)
    if os.path.exists(note) and open(note).read() == wanted and whole():
        return 0
    if not whole():
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.call([sys.executable, "-m", "venv", VENV]):
            print("The virtual environment cannot be made: install Python's venv module (Debian: python3-venv) and try again.")
            return 1
    print("Installing %s into .venv; the first time this takes a few minutes." % names[-1], flush=True)
    command = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", os.path.join(ROOT, names[-1])]
    if subprocess.call(command):
        print("The packages could not be installed: check the connection and the free space on the disk, and try again.")
        return 1
    with open(note, "w") as file:
        file.write(wanted)
    return 0


if __name__ == "__main__":
    said = refusal(sys.version_info[:2], platform.system(), platform.machine(), platform.libc_ver()[0])
    if said:
        sys.exit(said)
    sys.exit(install(["requirements.txt", "requirements-dev.txt"] if "--dev" in sys.argv[1:] else ["requirements.txt"]))
