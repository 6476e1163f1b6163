"""Writes what follows from other files: `_types.py` from openapi.json, `_sync` from `_async`.

`python scripts/generate.py` writes, `--check` only tells whether they are current.
"""

from __future__ import annotations

import json
import keyword
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
PACKAGE = HERE / "src" / "vectorlane"
OPENAPI = HERE.parent.parent / "openapi.json"

#: In this order: longer words first.
TO_SYNC = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b_runtime_async\b", "_runtime_sync"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\ba(close|read|iter_lines)\b", r"\1"),
    (r"\bAsync([A-Z]\w+)", r"\1"),
]
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "dict"}


def main() -> int:
    outdated = [path for path, text in rendered().items() if _current(path) != text]
    if "--check" in sys.argv[1:]:
        for path in outdated:
            print(f"{path.relative_to(HERE)} is not current: python scripts/generate.py")
        return 1 if outdated else 0
    for path in outdated:
        path.write_text(rendered()[path], encoding="utf-8")
    return 0


def rendered() -> dict[Path, str]:
    files = {PACKAGE / "_types.py": types_of(json.loads(OPENAPI.read_text(encoding="utf-8")))}
    for path in sorted((PACKAGE / "_async").glob("*.py")):
        files[PACKAGE / "_sync" / path.name] = sync_of(path.read_text(encoding="utf-8"))
    return {path: _formatted(path, text) for path, text in files.items()}


def sync_of(source: str) -> str:
    for pattern, replacement in TO_SYNC:
        source = re.sub(pattern, replacement, source)
    return f"# Written by scripts/generate.py from _async.\n{source}" if source else source


def types_of(api: dict[str, Any]) -> str:
    writer = _Types()
    for name, schema in api["components"]["schemas"].items():
        writer.add(name, schema)
    head = [
        "# Written by scripts/generate.py from openapi.json.",
        '"""What the API takes and gives. Fields that are not always there are missing, not None."""',
        "from __future__ import annotations",
        "from typing import Any, Literal, TypedDict, Union",
    ]
    return "\n\n".join([*head, *writer.aliases_in_order(), *writer.classes])


class _Types:
    def __init__(self) -> None:
        self.classes: list[str] = []
        self._aliases: list[str] = []

    def aliases_in_order(self) -> list[str]:
        return self._aliases

    def add(self, name: str, schema: dict[str, Any]) -> None:
        if "properties" in schema:
            self._add_class(name, schema)
        else:
            self._aliases.append(f"{name} = {self._of(schema, name)}")

    def _add_class(self, name: str, schema: dict[str, Any]) -> None:
        fields = {
            field: self._of(part, name + field[0].upper() + field[1:]) for field, part in schema["properties"].items()
        }
        if any(keyword.iskeyword(field) for field in fields):
            # These cannot be written as a class; the types stand in quotes because they may name this one.
            entries = ", ".join(f"{field!r}: {kind!r}" for field, kind in fields.items())
            self.classes.append(f"{name} = TypedDict({name!r}, {{{entries}}}, total=False)")
            if schema.get("required"):
                raise NotImplementedError(f"{name}: a keyword beside required fields")
            return
        required = {field: kind for field, kind in fields.items() if field in schema.get("required", [])}
        optional = {field: kind for field, kind in fields.items() if field not in required}
        # NotRequired came with Python 3.11: the optional fields are a class on top of the required ones.
        if required and optional:
            self._write(f"_{name}Always", "TypedDict", required, "")
            self._write(name, f"_{name}Always, total=False", optional, schema.get("description", ""))
        else:
            total = "TypedDict" if required else "TypedDict, total=False"
            self._write(name, total, required or optional, schema.get("description", ""))

    def _write(self, name: str, bases: str, fields: dict[str, str], description: str) -> None:
        lines = [f"class {name}({bases}):"]
        if description:
            lines.append(f'    """{description.strip()}"""\n')
        lines += [f"    {field}: {kind}" for field, kind in fields.items()] or ["    pass"]
        self.classes.append("\n".join(lines))

    def _of(self, schema: dict[str, Any], name: str) -> str:
        if "$ref" in schema:
            return str(schema["$ref"].rsplit("/", 1)[1])
        if "enum" in schema:
            return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
        kind = schema.get("type")
        choices = [{**schema, "type": one} for one in kind] if isinstance(kind, list) else schema.get("anyOf")
        if choices:
            return _union([self._of(choice, name) for choice in choices])
        if kind == "array":
            return f"list[{self._of(schema.get('items', {}), name)}]"
        return self._object(schema, name) if kind == "object" else _plain(schema)

    def _object(self, schema: dict[str, Any], name: str) -> str:
        if "properties" in schema:
            self._add_class(name, schema)
            return name
        values = schema.get("additionalProperties")
        return f"dict[str, {self._of(values, name) if isinstance(values, dict) else 'Any'}]"


def _plain(schema: dict[str, Any]) -> str:
    return "bytes" if schema.get("format") == "binary" else PLAIN.get(str(schema.get("type")), "Any")


def _union(kinds: list[str]) -> str:
    distinct = sorted(dict.fromkeys(kinds), key=lambda kind: kind == "None")
    return distinct[0] if len(distinct) == 1 else f"Union[{', '.join(distinct)}]"


def _formatted(path: Path, text: str) -> str:
    for command in (["check", "--fix-only", "--quiet"], ["format"]):
        args = [sys.executable, "-m", "ruff", *command, "--no-cache", "--stdin-filename", str(path), "-"]
        text = subprocess.run(args, cwd=HERE, input=text, capture_output=True, text=True, check=True).stdout
    return text


def _current(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
