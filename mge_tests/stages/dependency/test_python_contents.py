"""Python: objects that are containers themselves. Small programs whose calls are executed, and the graph has these and no others."""

import pytest

from mge_tests.stages.dependency.test_python_executed import TWO, executed, told

PROGRAMS = {
    "a list's object holds what its methods put in": TWO
    + "class Lines(list):\n    def put(self, x): self.append(x)\n    def all(self):\n        for x in self: x.go()\nlines = Lines()\n"
    + "lines.put(A())\nlines.all()\n",
    "and what others put in": TWO + "class Lines(list): pass\nlines = Lines()\nlines.append(A())\nlines.insert(0, A())\nlines[0].go()\nlines[-1].stop()\n",
    "it is made of what it is given": TWO + "class Lines(list): pass\nfor x in Lines([A(), A()]): x.go()\n",
    "super's methods are the built-in ones": TWO
    + "class Lines(list):\n    def __init__(self, xs): super().__init__(xs)\n    def append(self, x): super().append(x)\n"
    + "    def __iter__(self): return super().__iter__()\nlines = Lines([A()])\nlines.append(A())\nfor x in lines: x.go()\n",
    "they may be called by the built-in class's name": TWO
    + "class Lines(list):\n    def append(self, x): list.append(self, x)\nlines = Lines()\nlines.append(A())\nlines.pop().go()\n",
    "slices, stars and unpacking have the elements": TWO
    + "class Lines(list): pass\ndef use(a, *rest):\n    a.go()\n    for x in rest: x.go()\nlines = Lines([A(), A()])\n"
    + "lines[1:][0].stop()\nuse(*lines)\na, b = lines\na.go()\n[*lines][0].go()\n",
    "what is added in place is in it": TWO + "class Lines(list): pass\nlines = Lines()\nlines += [A()]\nlines.extend([A()])\nlist(lines)[0].go()\n",
    "a subclass's object holds what the base's methods put in": TWO
    + "class Lines(list):\n    def put(self, x): self.append(x)\nclass More(Lines): pass\nmore = More()\nmore.put(A())\nmore[0].go()\n",
    "another class's object does not": TWO
    + "class Lines(list): pass\nclass Others(list): pass\nlines, others = Lines(), Others()\nlines.append(A())\nothers.append(B())\n"
    + "lines[0].go()\nothers[0].stop()\n",
    "a dict's object keeps its keys apart": TWO
    + "class Table(dict):\n    def first(self): return self['a']\ntable = Table()\ntable['a'] = A()\ntable['b'] = B()\ntable.first().go()\n"
    + "table.get('b').stop()\n",
    "items, values, update and setdefault": TWO
    + "class Table(dict):\n    def run(self):\n        for k, v in self.items(): v.go()\n        for v in self.values(): v.stop()\n"
    + "table = Table()\ntable.update({'a': A()})\ntable.setdefault('c', A())\ntable.run()\n",
    "a plain dict of it": TWO + "class Table(dict): pass\ntable = Table(a=A())\ndict(table)['a'].go()\n{**table}['a'].stop()\n",
    "keyword arguments of it": TWO + "class Table(dict): pass\ndef use(a): a.go()\ntable = Table(a=A())\nuse(**table)\n",
    "what is missing": TWO + "class Table(dict):\n    def __missing__(self, key): return A()\nTable()['x'].go()\n",
    "what a default factory makes": TWO
    + "from collections import defaultdict\nclass Table(defaultdict):\n    def __init__(self): super().__init__(list)\ntable = Table()\n"
    + "table['x'].append(A())\n"
    + "for x in table['x']: x.go()\n",
    "a deque and a set": TWO
    + "from collections import deque\nclass Line(deque): pass\nclass Bag(set): pass\nline, bag = Line(), Bag()\nline.appendleft(A())\nline.popleft().go()\n"
    + "bag.add(B())\nfor x in bag: x.stop()\n",
    "a UserDict's data": TWO
    + "from collections import UserDict\nclass Table(UserDict):\n    def first(self): return self.data['a']\ntable = Table()\n"
    + "table['a'] = A()\ntable.first().go()\n",
    "a tuple that __new__ fills": TWO
    + "class Pair(tuple):\n    def __new__(cls, a, b): return super().__new__(cls, (a, b))\n    def left(self): return self[0]\n"
    + "pair = Pair(A(), B())\npair.left().go()\npair[1].stop()\n",
    "a named tuple by name and by place": TWO
    + "from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: object\n    b: object\npair = Pair(A(), b=B())\npair.a.go()\npair[1].stop()\n"
    + "a, b = pair\na.go()\nb.stop()\npair._replace(a=A()).a.go()\n",
    "a named tuple made by a call": TWO
    + "from collections import namedtuple\nPair = namedtuple('Pair', 'a b')\npair = Pair(A(), B())\npair.a.go()\na, b = pair\nb.stop()\n",
    "a class on top of one": TWO
    + "from collections import namedtuple\nclass Pair(namedtuple('Pair', ['a', 'b'])):\n    def left(self): return self.a\nPair(A(), B()).left().go()\n",
    "what its base promises it to hold": TWO
    + "from typing import List\nclass Lines(List[A]):\n    def all(self):\n        for x in self: x.go()\nlines = Lines()\nlines.append(A())\nlines.all()\n",
    "an object with __getitem__ alone is iterated over": TWO
    + "class Steps:\n    def __getitem__(self, n):\n        if n: raise IndexError\n        return A()\nfor x in Steps(): x.go()\n",
    "a dict of pairs": TWO + "table = dict([('a', A())])\ntable['a'].go()\nnames = dict(zip('a', [A()]))\nfor x in names.values(): x.stop()\n",
    "stars of an object that iterates": TWO + "class Box:\n    def __iter__(self): yield A()\ndef use(x): x.go()\nuse(*Box())\n",
    "a target that is an element is not read": TWO
    + "class Table(dict):\n    def __missing__(self, key):\n        made = self[key] = A()\n        return made\nTable()['x'].go()\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_calls_are_those_that_run(name: str) -> None:
    assert told(PROGRAMS[name]) == executed(PROGRAMS[name])


def test_where_only_a_base_is_known_it_holds_what_any_subclass_does() -> None:
    library = TWO + (
        "class Lines(list):\n    def all(self):\n        for x in self: x.go()\n"
        "class More(Lines):\n    def fill(self): self.append(A())\nclass Most(Lines):\n    def fill(self): self.append(B())\n"
    )
    assert {target for caller, target in told(library) if caller == "m.Lines.all"} == {"m.A.go", "m.B.go"}
