"""The same vectors as the backend's own fp32 provider, whatever the text."""

import base64
import json
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from .support import FULL_SIZE, REPOSITORY, Worker

#: 500 by `npm run test:full`; every gate has each of the special ones and a share of the rest.
TEXTS = 500 if FULL_SIZE else 100
#: Of one request, so that a busy machine is done with it in time.
BATCH = 20
_PROVIDER = REPOSITORY / "dist/libs/embeddings/src/local/local-embedding.provider.js"
_WORDS = [
    "harbour",
    "signal",
    "flag",
    "wind",
    "lantern",
    "keeper",
    "orchard",
    "wall",
    "frost",
    "cheese",
    "whey",
    "curd",
    "ledger",
    "ferry",
    "crossing",
    "umbrella",
    "clock",
    "tower",
    "gear",
    "chalk",
    "oil",
    "patience",
    "mortar",
    "moss",
    "slate",
    "thatch",
    "granite",
    "survey",
    "naïve",
    "café",
    "Müller",
    "façade",
    "coöperate",
    "Ærø",
    "don't",
    "o'clock",
    "e-mail",
    "C++",
    ".NET",
    "3.14",
    "1,000,000",
    "€5",
    "£7",
    "50%",
    "@home",
    "#tag",
    "user@host",
    "http://host/path?q=1",
    "snake_case",
    "camelCase",
]
_SPECIAL = [
    "",
    " ",
    "\n\t\r ",
    "a",
    ".",
    "...!?!?",
    "日本語の文章です。漢字とかな、カタカナ。",
    "山里的茶园，清明以前采的叶子最嫩。",
    "된장은 맑은 날에 뚜껑을 열어 햇볕을 쬐게 한다.",
    "قارب الصيد يخرج قبل الفجر",
    "סירת הדייג יוצא לפני עלות השחר",
    "Стекло протирали газетой",
    "Το λάδι του λυχναριού",
    "😀😃 emoji 👩‍👩‍👧‍👦 family 🇩🇪",
    "e\u0301 combining e\u0301\u0302\u0303 marks",
    "\u00ad soft\u00adhyphen zero\u200bwidth \ufeff bom",
    "ﬁ ligature ① ² ½ Ⅷ ｆｕｌｌ",
    "x" * 101,
    "x" * 99 + " " + "y" * 100,
    "q" * 9_000 + " tail after an unknown word",
    "[CLS] [SEP] [MASK] [PAD] [UNK] ##ing",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "\u0000 nul \u0001 control \u0085 next",
    "\U0001d54f\U0001d55a mathematical \U00020000 rare",
    "İstanbul ISPARTA ı ß ẞ ΣΊΣΥΦΟΣ ς",
    "<html><body>&amp;</body></html>",
    "def f(x):\n    return {'a': [x ** 2]}\n",
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
    "1. one\n2. two\n\n- three",
]


def varied_texts() -> list[str]:
    dice = random.Random(20_261_124)  # the same texts in every run
    texts = list(_SPECIAL)
    while len(texts) < TEXTS:
        # Most are short; one in sixteen is longer than the model's window.
        length = dice.randint(600, 900) if len(texts) % 16 == 0 else min(90, int(dice.expovariate(1 / 18)) + 1)
        words = [dice.choice(_WORDS) for _ in range(length)]
        words = [
            word.upper() if dice.random() < 0.1 else word + dice.choice(["", "", "", ",", ".", ";"]) for word in words
        ]
        if dice.random() < 0.2:
            words.insert(dice.randrange(len(words) + 1), dice.choice(_SPECIAL[6:17]))
        texts.append(" ".join(words))
    return texts


@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("node") is None or not _PROVIDER.is_file(), reason="the backend is not built here")
def test_vectors_equal_the_backends(worker: Worker, tmp_path: Path) -> None:
    texts = varied_texts()
    given, taken = tmp_path / "texts.json", tmp_path / "vectors.json"
    given.write_text(json.dumps({"texts": texts, "root": str(REPOSITORY)}))
    script = Path(__file__).with_name("backend_vectors.mjs")
    subprocess.run(["node", str(script), str(given), str(taken)], check=True, timeout=600, capture_output=True)
    theirs = np.array([np.frombuffer(base64.b64decode(row), dtype="<f4") for row in json.loads(taken.read_text())])
    ours = np.empty_like(theirs)
    for start in range(0, TEXTS, BATCH):
        body = {"model": "gte-small", "input": texts[start : start + BATCH], "encoding_format": "base64"}
        answer = worker.post("/v1/embeddings", json=body)
        assert answer.status_code == 200, answer.text
        rows = [np.frombuffer(base64.b64decode(entry["embedding"]), dtype="<f4") for entry in answer.json()["data"]]
        ours[start : start + BATCH] = rows
    cosines = np.sum(ours * theirs, axis=1)
    assert theirs.shape == (TEXTS, 384)
    worst = int(np.argmin(cosines))
    assert cosines[worst] >= 0.999, f"text {worst}: {texts[worst][:80]!r} has {cosines[worst]}"
