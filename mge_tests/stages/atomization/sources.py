"""Sources that the tests share: small ones written here, real ones from installed packages."""

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from mge_assets.model.atoms import Atomization
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language

PYTHON = b'''"""Stock."""

import os
from decimal import Decimal as D
from typing import overload

LIMIT: int = 3


# Adds two numbers.
@overload
def add(a: int, b: int) -> int: ...
def add(a, b):
    """Sum of both.

    >>> add(1, 2)
    3
    """
    if a < 0:
        raise ValueError(a)
    return a + b


class Store:
    """Holds stock."""

    items: dict[str, D]

    def __init__(self, path: str = "x") -> None:
        self.items = {}
        self.path = os.path.join(path, "stock")

    def put(self, name: str, price: D) -> None:
        raise NotImplementedError("soon")

    def total(self) -> D:
        """Sum of all prices."""
        return sum(self.items.values(), D(0))


if __name__ == "__main__":
    print(add(1, LIMIT))
'''

TYPESCRIPT = b"""import { EventEmitter } from "events";
import type { Price } from "./price";

export interface Item { id: string; price: Price }
type Id = string | number;
enum Colour { Red, Green }

/** Adds. */
export function add(a: number): number;
export function add(a: number, b = 1): number {
  if (a < 0) { throw new Error("negative"); }
  return a + b;
}

export abstract class Store extends EventEmitter {
  private items = new Map<string, Item>();
  constructor(private readonly name: string) { super(); }
  abstract open(): void;
  put(item: Item): void { this.items.set(item.id, item); }
  remove(id: string): boolean { throw new Error("not implemented"); }
  clear() {}
}
export const twice = async (n: number): Promise<number> => { return n * 2; };
export const noop = () => {};
export default Store;
"""

JAVASCRIPT = b""""use strict";
const fs = require("fs");
const { join, sep: separator } = require("path");

exports.read = function (name) {
  return fs.readFileSync(join("a", name));
};
(function () {
  var hidden = 1;
  function inner(a) { return a ? hidden : a && separator; }
  inner(hidden);
})();
module.exports.LIMIT = 3;
if (require.main === module) { exports.read("x"); }
"""

TSX = b"""import React from "react";

export function List({ items }: { items: string[] }) {
  return (
    <ul className="list">
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}
"""

GO = b"""// Package shop sells.
package shop

import (
	"errors"
	str "strings"
)

const Limit = 3

// Item is sold.
type Item struct {
	ID    string `json:"id"`
	Price int
}

// Store keeps.
type Store interface {
	Put(item Item) error
}

// Add adds.
func Add(x, y int, rest ...int) (sum int, err error) {
	if x < 0 {
		return 0, errors.New("x")
	} else if y < 0 && x > 1 {
		panic("no")
	}
	return x + y, nil
}

func (s *Shop) Later(item Item) error {
	panic("not implemented")
}

// Long is long.
func Long(items []Item, rate float64) (map[string]int, error) {
	total := 0
	seen := map[string]int{}
	for i, item := range items {
		if item.Price < 0 {
			return nil, errors.New("negative")
		}
		switch {
		case item.Price > 100 && rate > 1:
			total += item.Price * i
		case item.ID == "":
			continue
		default:
			seen[item.ID]++
		}
	}
	go func() {
		defer close(done)
		work(total)
	}()
	label := str.ToUpper("x")
	seen[label] = total
	return seen, nil
}
"""

SMALL = {
    Language.PYTHON: ("shop/stock.py", PYTHON),
    Language.TYPESCRIPT: ("src/store.ts", TYPESCRIPT),
    Language.JAVASCRIPT: ("lib/read.js", JAVASCRIPT),
    Language.TSX: ("src/list.tsx", TSX),
    Language.GO: ("shop/shop.go", GO),
}


def package_files(package: str, limit: int = 1000) -> list[Path]:
    """The Python files of an installed package, without its tests."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    files = sorted(Path(spec.origin).parent.rglob("*.py"))
    return [file for file in files if "tests" not in file.parts][:limit]


def assert_tiles(atomization: Atomization, source: bytes) -> None:
    """The atoms' texts, spans and numbers are gapless and add up to the source; the names are unique."""
    atoms = atomization.atoms
    assert b"".join(atom.text for atom in atoms) == source
    assert [atom.number for atom in atoms] == list(range(1, len(atoms) + 1))
    assert all(a.span.end_byte == b.span.start_byte for a, b in pairwise(atoms))
    assert all(atom.text == source[atom.span.start_byte : atom.span.end_byte] for atom in atoms)
    assert all(atom.text for atom in atoms)
    assert len({atom.name for atom in atoms}) == len(atoms)


def python(source: bytes | str, file: str = "pkg/mod.py", tests: str = "") -> Atomization:
    """Python source, atomized."""
    return atomize(source if isinstance(source, bytes) else source.encode(), file, Language.PYTHON, tests=tests)


def typescript(source: bytes | str, file: str = "src/mod.ts") -> Atomization:
    """TypeScript source, atomized."""
    return atomize(source if isinstance(source, bytes) else source.encode(), file, Language.TYPESCRIPT)


def javascript(source: bytes | str, file: str = "lib/mod.js") -> Atomization:
    """JavaScript source, atomized."""
    return atomize(source if isinstance(source, bytes) else source.encode(), file, Language.JAVASCRIPT)
