"""Other engines over the same texts: python3 search-peers.py <folder with texts.jsonl and questions.jsonl>.

Prints one JSON line for each engine there is. Two threads ask, for five results by any of the words, as bench/search.mjs
does. SQLite comes with Python; tantivy is there after `pip install tantivy==0.25.1`.
"""

import json
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CLIENTS = 2
WARM = 50


def lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf8") as file:
        for line in file:
            yield json.loads(line)


def measure(questions: list[str], client: Callable[[], Callable[[str], object]]) -> dict[str, float]:
    warm = client()
    for question in questions[:WARM]:
        warm(question)
    took: list[float] = []

    def ask(own: list[str]) -> None:
        search = client()
        for question in own:
            began = time.perf_counter()
            search(question)
            took.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=ask, args=(questions[at::CLIENTS],)) for at in range(CLIENTS)]
    cpu = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = time.process_time() - cpu
    took.sort()
    return {"p50": took[len(took) // 2], "p95": took[int(0.95 * len(took))], "cpu": cpu * 1000 / len(took)}


def words(question: str) -> list[str]:
    return re.findall(r"\w+", question.lower())


def fts5(texts: Path, questions: list[str], folder: str) -> dict[str, float]:
    path = Path(folder) / "fts5.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(content, tokenize = 'porter')")
        database.executemany("INSERT INTO t VALUES (?)", ((text,) for text in lines(texts)))
        database.execute("INSERT INTO t(t) VALUES ('optimize')")

    def client() -> Callable[[str], object]:
        connection = sqlite3.connect(path)

        def search(question: str) -> object:
            match = " OR ".join(f'"{word}"' for word in words(question))
            return connection.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 5", (match,)).fetchall()

        return search

    return measure(questions, client)


def tantivy_index(texts: Path, questions: list[str], folder: str) -> dict[str, float]:
    import tantivy

    schema = tantivy.SchemaBuilder().add_text_field("content", stored=False, tokenizer_name="en_stem").build()
    index = tantivy.Index(schema, path=folder)
    writer = index.writer(heap_size=200_000_000, num_threads=1)
    for text in lines(texts):
        writer.add_document(tantivy.Document(content=[text]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()

    def client() -> Callable[[str], object]:
        searcher = index.searcher()
        return lambda question: searcher.search(index.parse_query(" ".join(words(question)), ["content"]), 5)

    return measure(questions, client)


def main() -> None:
    folder = Path(sys.argv[1])
    questions = list(lines(folder / "questions.jsonl"))
    for name, engine in ((f"SQLite {sqlite3.sqlite_version}, FTS5", fts5), ("tantivy 0.25", tantivy_index)):
        with tempfile.TemporaryDirectory() as own:
            try:
                result = engine(folder / "texts.jsonl", questions, own)
            except ImportError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            print(json.dumps({"name": name, **result}), flush=True)


main()
