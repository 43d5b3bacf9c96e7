"""Write pipeline/data/script_kept.txt: words of simplified Chinese that hold a character which t2s would change on its own.

    python tools/make_script.py

They are the results of OpenCC's TSPhrases (Apache-2.0): names and terms such as 毕昇, 幺麽, 乾隆. tools/make_codepoints.py takes
its list of such characters from the same place.
"""

from __future__ import annotations

from pathlib import Path

import opencc

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "script_kept.txt"
PHRASES = Path(opencc.__file__).parent / "clib" / "share" / "opencc" / "TSPhrases.ocd2"


def main() -> None:
    t2s = opencc.OpenCC("t2s")
    results = [part.decode("utf-8", "replace") for part in PHRASES.read_bytes().split(b"\0")]
    words = {w for w in results if len(w) > 1 and all("\u3400" <= c <= "\u9fff" for c in w)}
    kept = sorted(w for w in words if any(t2s.convert(c) != c for c in w))
    head = "# Results of OpenCC TSPhrases (Apache-2.0) that hold a traditional character; made by tools/make_script.py"
    OUT.write_text("\n".join([head, *kept, ""]), "utf-8")
    print(OUT.name, len(kept), "words")


if __name__ == "__main__":
    main()
