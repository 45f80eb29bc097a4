"""How the limit's places are dealt out among executions that run at once, in this process or others: fair in place-seconds, and never more than there are.

Weighted fair queueing over what each has used: an execution that has had less than the others while it had work gets a larger part until it has caught up,
and one that has had more gives places back first, as its calls end. Work that was not there earns nothing: who waits for no place starts from where the
others stand. Nobody is dealt more than it claims as long as another claims it.
"""

from collections.abc import Mapping
from uuid import UUID

from mge_assets.model.places import Standing

HORIZON_SECONDS = 20.0
"""In how long what an execution is behind or ahead is made good. A call keeps its place for 3 to 15 s: much sooner would swing to and fro."""
LEAST_WEIGHT, MOST_WEIGHT = 0.5, 2.0
"""Of an equal part: who is ahead goes on at half speed instead of standing still, and who is behind does not take all."""


def level(standings: Mapping[UUID, Standing]) -> float:
    """The place-seconds at which those who wait for places stand, on average: where one that begins, or has work again, starts from."""
    used = [each.used for each in standings.values() if each.used is not None and each.waits]
    used = used or [each.used for each in standings.values() if each.used is not None]
    return sum(used) / len(used) if used else 0.0


def deal(limit: int, standings: Mapping[UUID, Standing]) -> Mapping[UUID, int]:
    """The limit dealt out in whole places: by weight, nobody more than it claims; what nobody claims goes to all in equal parts."""
    parts = _parts(limit, standings)
    dealt = {each: int(part + 1e-9) for each, part in parts.items()}
    left = limit - sum(dealt.values())
    behind = sorted(parts, key=lambda each: (dealt[each] >= standings[each].claimed, dealt[each] - parts[each], standings[each].used or 0.0, each))
    for each in behind[: left % len(behind)] if behind else ():
        dealt[each] += 1
    return {each: part + left // len(dealt) for each, part in dealt.items()}


def place_count(mine: UUID, now: int, limit: int, standings: Mapping[UUID, Standing]) -> int:
    """How many calls this execution may have in flight after ``now``: its part, as soon as the others have given back what they hold beyond theirs.

    What others do not claim is lent in steps of a tenth, so that whoever wants it back finds little of it gone: lent at once, the first of ten
    to begin had 31 of 40 places for as long as calls take.
    """
    if len(standings) <= 1:
        return limit
    part = deal(limit, standings)[mine]
    free = limit - sum(each.held for key, each in standings.items() if key != mine)
    lent = max(-(-limit // len(standings)), now + max(1, limit // 10))
    return max(0, min(part, free, lent))


def _parts(limit: int, standings: Mapping[UUID, Standing]) -> dict[UUID, float]:
    """By weight, and where that is more than is claimed the claim: the rest is dealt anew among the others."""
    weights = _weights(limit, standings)
    parts: dict[UUID, float] = {}
    left, pending = float(limit), set(standings)
    while pending:
        a_weight = left / sum(weights[each] for each in pending)
        full = {each for each in pending if standings[each].claimed <= a_weight * weights[each]}
        for each in full or pending:
            parts[each] = float(standings[each].claimed) if full else a_weight * weights[each]
        left -= sum(parts[each] for each in full)
        pending = pending - full if full else set()
    return parts


def _weights(limit: int, standings: Mapping[UUID, Standing]) -> dict[UUID, float]:
    equal, here = limit / max(1, len(standings)), level(standings)
    behind = {each: here - (here if one.used is None else one.used) for each, one in standings.items()}
    return {each: min(MOST_WEIGHT, max(LEAST_WEIGHT, 1 + short / (HORIZON_SECONDS * equal))) for each, short in behind.items()}
