"""The wheel, the same bytes each time, with the list of what it needs in it and beside it.

    python -m tools.build_wheel DIST

What setuptools makes is packed anew: names in order, one date (SOURCE_DATE_EPOCH, or that of zip's first day), one mode, so that
neither the clock nor the umask nor the order of a folder is in it. The list is a bill of materials in CycloneDX 1.6, made of
requirements.lock: each package with its version and the digests that pip asks for. In the wheel it stands where PEP 770 wants it.
Its code is of no platform, and its name says where it runs, so that pip refuses it elsewhere (Windows, Intel Macs).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("pipeline", "pyproject.toml", "setup.py", "taosha.py", "docs/package.md", "LICENSE")
#: Where this runs, and where what it needs is built for: numba has nothing for Macs of Intel.
PLATFORMS = ("macosx_11_0_arm64", "manylinux_2_17_aarch64", "manylinux_2_17_x86_64")
#: The first day that a zip can tell, as seconds.
FIRST_DAY = 315_532_800
_BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)", re.MULTILINE)     # two classes, apart: linear
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def list_materials(lock: str, name: str, version: str) -> dict[str, Any]:
    """A bill of materials in CycloneDX 1.6 of what a lock file names. No clock and no chance is in it."""
    found = list(_PACKAGE.finditer(lock))
    ends = [*(m.start() for m in found[1:]), len(lock)]
    components = [
        {
            "type": "library", "bom-ref": f"pkg:pypi/{m[1].lower()}@{m[2]}", "name": m[1], "version": m[2],
            "purl": f"pkg:pypi/{m[1].lower()}@{m[2]}",
            "properties": [{"name": "taosha:sha256", "value": h} for h in sorted(set(_HASH.findall(lock, m.end(), end)))],
        }
        for m, end in zip(found, ends, strict=True)
    ]
    own = {"type": "application", "bom-ref": f"pkg:pypi/{name}@{version}", "name": name, "version": version,
           "purl": f"pkg:pypi/{name}@{version}"}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(json.dumps([own, components]).encode()).hexdigest())
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}", "version": 1, "metadata": {"component": own}, "components": components,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [c["bom-ref"] for c in components]}],
    }


def build_wheel(dist: Path, source: Path = ROOT) -> Path:
    """Build it from the files of a working tree; give its path."""
    dist.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = folder / "source"
        tree.mkdir()
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "*.nb?", "*.kernel"))
            else:
                (tree / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source / part, tree / part)
        subprocess.run([sys.executable, "-c", _BUILD, str(folder)], cwd=tree, check=True, capture_output=True)
        (made,) = folder.glob("*.whl")
        package, version = made.name.split("-")[:2]
        bill = list_materials((source / "requirements.lock").read_text("utf-8"), package, version)
        data = (json.dumps(bill, indent=1) + "\n").encode()
        out = dist / made.name.replace("-any.whl", f"-{'.'.join(PLATFORMS)}.whl")
        pack_anew(made, out, {f"{package}-{version}.dist-info/sboms/{package}.cdx.json": data})
        (dist / f"{package}-{version}.cdx.json").write_bytes(data)
        return out


def pack_anew(made: Path, out: Path, more: dict[str, bytes]) -> None:
    """The same wheel with more files and for these platforms, and nothing in it but what they hold."""
    with zipfile.ZipFile(made) as archive:
        files = {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()} | more
    (about,) = (name for name in files if name.endswith(".dist-info/WHEEL"))
    files[about] = files[about].replace(b"Tag: py3-none-any\n", b"".join(b"Tag: py3-none-%s\n" % own.encode() for own in PLATFORMS))
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    rows = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in sorted(files.items()) if name != record]
    files[record] = ("\n".join([*rows, f"{record},,"]) + "\n").encode()
    when = time.gmtime(max(FIRST_DAY, int(os.environ.get("SOURCE_DATE_EPOCH", FIRST_DAY))))[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items(), key=lambda own: (own[0] == record, own[0])):      # the record comes last
            info = zipfile.ZipInfo(name, when)
            info.external_attr, info.compress_type, info.create_system = 0o100644 << 16, zipfile.ZIP_DEFLATED, 3
            archive.writestr(info, data)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    print(build_wheel(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
