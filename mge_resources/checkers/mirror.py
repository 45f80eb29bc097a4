"""Files kept on disk for a tool that reads folders: what changed since the last call is written, what is gone is removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Mirror:
    """What the tool's process holds at present, as far as we told it."""

    generation: int = 0
    held: dict[str, bytes] = field(default_factory=dict)

    def changes(self, files: Mapping[str, bytes], generation: int) -> tuple[dict[str, str], list[str]]:
        """(texts to write, names to remove) that bring the process of this start to ``files``; they count as told."""
        if generation != self.generation:
            self.generation, self.held = generation, {}
        written = {name: content.decode("utf-8", errors="surrogateescape") for name, content in files.items() if self.held.get(name) != content}
        removed = [name for name in self.held if name not in files]
        self.held = dict(files)
        return written, removed

    def overlaps(self, files: Mapping[str, bytes]) -> bool:
        """Whether most of what is held belongs to these files too."""
        return 2 * sum(name in files for name in self.held) >= len(self.held)
