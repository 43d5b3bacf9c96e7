"""Write pipeline/data/big5_uao.npz: where Big5-UAO, the Big5 of Taiwan's bulletin boards, differs from Big5-HKSCS.

    python tools/make_big5.py UAO_TABLE      # lines `0x8140 0x4E17`: Big5, Unicode; uao250-b2u.txt of moztw.org/docs/big5

Only the mapping itself enters the file (Unicode-at-on 2.50, a public table).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "big5_uao.npz"


def main() -> None:
    """Read the table, keep what Python's big5hkscs reads otherwise or not at all, write the file."""
    rows = (line.split()[:2] for line in Path(sys.argv[1]).read_text("ascii").splitlines() if line.startswith("0x"))
    table = {int(code, 16): chr(int(point, 16)) for code, point in rows if int(code, 16) > 0xFF}
    other = sorted(code for code, char in table.items() if code.to_bytes(2).decode("big5hkscs", "replace") != char)
    codes = np.array(other, np.uint16)
    chars = np.array([ord(table[code]) for code in other], np.uint16)
    np.savez_compressed(OUT, codes=np.diff(codes, prepend=np.uint16(0)), chars=chars)
    print(OUT.name, OUT.stat().st_size, "bytes;", len(codes), "codes")


if __name__ == "__main__":
    main()
