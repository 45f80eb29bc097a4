"""Plans in layers, every function of which must be generated and calls some of the layer before; and the emulator that knows their code."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from mge_resources.settings import Settings
from mge_tests.fakes.emulator.references import References
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import ReferenceWriter


@dataclass(frozen=True)
class Layered:
    """``widths`` functions in each layer; each calls ``needs`` of the one before. ``salt`` makes the same plan with other numbers in it."""

    name: str
    widths: tuple[int, ...]
    needs: int = 1
    salt: int = 1
    layer_salts: tuple[int, ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """The finished project."""
        return {f"layers/l{layer}.py": self._layer(layer, width) for layer, width in enumerate(self.widths)}

    def salted(self, layer: int, salt: int) -> "Layered":
        """The same with other numbers in one layer."""
        salts = [salt if at == layer else self._salt(at) for at in range(len(self.widths))]
        return replace(self, layer_salts=tuple(salts))

    def write(self, folder: Path) -> Path:
        """The plan's file."""
        lines = [f"name: {self.name}", "phases:", "  - name: One", "    milestones:", "      - name: All", "        tasks:"]
        for layer, (file, source) in enumerate(self.files.items()):
            lines += [f"          - name: layer-{layer}", f"            description: Functions of layer {layer}.", f"            file: {file}"]
            lines += [f"            depends_on: [layer-{layer - 1}]"] if layer else []
            lines += ["            regenerate: true", "            code: |", *(f"              {line}".rstrip() for line in source.splitlines())]
        path = folder / f"{self.name}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def emulator(self, **options: Any) -> MessagesServer:
        """A server that knows the project; ``mistakes`` goes to the writer, all else to the server."""
        mistakes = options.pop("mistakes", 0.0)
        return MessagesServer(ReferenceWriter(References(self.files), mistakes=mistakes), **options)

    def _salt(self, layer: int) -> int:
        return self.layer_salts[layer] if self.layer_salts else self.salt

    def _layer(self, layer: int, width: int) -> str:
        below = self.widths[layer - 1] if layer else 0
        called = [[f"f{layer - 1}_{(place + step) % below}" for step in range(min(self.needs, below))] if below else [] for place in range(width)]
        names = sorted({name for names in called for name in names}, key=lambda name: int(name.split("_")[1]))
        head = "".join(f"from layers.l{layer - 1} import {name}\n" for name in names)
        bodies = [
            f"def f{layer}_{place}(number: int) -> int:\n"
            f'    """Function {place} of layer {layer}."""\n'
            f"    return number + {self._salt(layer) * 100 + place}{''.join(f' + {name}(number)' for name in called[place])}\n"
            for place in range(width)
        ]
        return f"{head}\n\n" * bool(head) + "\n\n".join(bodies)


def generating(settings: Settings, server: MessagesServer, **changes: Any) -> Settings:
    """The settings with this server as the model's."""
    return settings.model_copy(update={"anthropic_base_url": server.url, "anthropic_api_key": SecretStr("key"), **changes})
