"""The house: arrows point down, the screen never loads TensorFlow, the engine never loads Streamlit, the README tells the truth."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tlcore"
FLOORS = (  # from the ground up; a module imports only from floors below its own, and freely within its own package
    ("registry", "clock"),
    ("folder", "science", "augmentations"),
    ("datasets", "backbones", "objectives", "strategies", "heads", "schedules"),
    ("spec",),
    ("studies", "archive", "ready"),
    ("store",),
    ("training",),
    ("engine",),
    ("jobs",),
    ("api", "charts", "findings", "console"),
    ("ui", "__main__"),
)
FLOOR = {name: place for place, names in enumerate(FLOORS) for name in names}
HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "matplotlib", "mlxtend")
VAGUE = {"utils", "util", "helpers", "helper", "base", "manager", "misc", "common"}
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]


def test_every_module_has_a_floor():
    assert {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in SOURCES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_arrows_point_down(path):
    home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if home == "__init__":
        return
    above = {name for name in imported(path) if name != home and FLOOR[name] >= FLOOR[home]}
    assert not above, f"{path.relative_to(ROOT)} imports upwards from {', '.join(sorted(above))}"


def imported(path: Path) -> set[str]:
    """Parts of tlcore that a file imports, those that are only for the type checker left out."""
    found = set()
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(inner) for node in ast.walk(tree) if typing_only(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("tlcore.")}
        elif isinstance(node, ast.ImportFrom) and node.module == "tlcore":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tlcore."):
            found.add(node.module.split(".")[1])
    return found


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_imports_no_other_page_and_holds_no_function(path):
    tree = ast.parse(path.read_text("utf-8"))
    names = {name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in [node.module or ""]}
    assert "pages" not in names and "app" not in names
    assert not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_every_page_is_in_the_sidebar():
    from tlcore.ui.frame import PLACES

    assert {place.file for place in PLACES} == {path.relative_to(ROOT).as_posix() for path in PAGES}


def test_the_screen_never_loads_what_is_heavy(tmp_path):
    code = f"""
import json, os, sys
from streamlit.testing.v1 import AppTest
for file in {[path.relative_to(ROOT).as_posix() for path in PAGES]!r}:
    app = AppTest.from_file("app.py", default_timeout=60)
    if file != "app.py":
        app.switch_page(file)
    app.run()
    assert not app.exception, app.exception
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    assert json.loads(python(code, tmp_path).splitlines()[-1]) == []


def test_the_engine_never_loads_streamlit(tmp_path):
    names = [module(path) for path in SOURCES if path.relative_to(PACKAGE).parts[0] != "ui"]
    code = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\nprint('streamlit' in sys.modules)"
    assert python(code, tmp_path).splitlines()[-1] == "False"


def test_importing_the_package_is_light(tmp_path):
    code = f"import sys, tlcore\nprint([name for name in {(*HEAVY, 'pandas', 'streamlit')!r} if name in sys.modules])"
    assert python(code, tmp_path).splitlines()[-1] == "[]"


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def python(code: str, home: Path) -> str:
    """What a fresh process prints."""
    environment = os.environ | {"TLCORE_HOME": str(home), "TLCORE_ENGINE": "off", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_modules_are_small_and_named_for_one_thing():
    long = {path.relative_to(ROOT).as_posix(): count for path in SOURCES if (count := len(path.read_text("utf-8").splitlines())) > 300}
    assert not long
    assert not {path.stem for path in SOURCES} & VAGUE


def test_hours_are_asked_of_the_clock_alone():
    bare = re.compile(r"\btime\.time\(|datetime\.now\(|datetime\.utcnow\(|\btime\.monotonic\(")
    found = [path.relative_to(ROOT).as_posix() for path in SOURCES if path.name != "clock.py" and bare.search(path.read_text("utf-8"))]
    assert not found


def test_variables_of_the_project_begin_with_its_name():
    named = re.compile(r"environ(?:\.get\(|\[|\.setdefault\()\s*[\"']([A-Z_]+)[\"']")
    found = {name for path in SOURCES for name in named.findall(path.read_text("utf-8"))}
    assert {name for name in found if not name.startswith("TLCORE_")} <= {"PYTHONPATH", "KERAS_HOME"}


def test_requirements_are_exact():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line.split(";")[0].strip() for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
        assert lines and all(re.fullmatch(r"[A-Za-z0-9_.-]+(\[\w+\])?==[\w.]+", line) for line in lines), name


README = (ROOT / "README.md").read_text("utf-8") if (ROOT / "README.md").exists() else ""


def test_the_readme_gives_the_commands_and_the_house():
    assert "make run" in README and "make test" in README
    for name in ("app.py", "pages/", "benchmarks/", "tests/", *(f"tlcore/{each.name}" for each in PACKAGE.iterdir() if named(each))):
        assert name in README, f"the README's picture of the house lacks {name}"
    for name in set(re.findall(r"\b(?:tlcore|tests|pages|benchmarks)/[\w./-]*", README)):
        assert (ROOT / name.rstrip("/.")).exists(), f"the README names {name}, which is not there"


def named(path: Path) -> bool:
    return path.name not in ("__init__.py", "__main__.py", "__pycache__", "py.typed")


def test_the_readmes_python_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    python("\n".join(blocks), tmp_path)
