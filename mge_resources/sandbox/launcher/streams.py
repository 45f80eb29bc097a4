"""The open descriptors that a run comes with: the job, the report's channel, the code's standard input, and a link to somebody else."""

import fcntl
import os

_OUT_OF_THE_WAY = 32  # the code's own descriptors begin at 0; ours stand above them until they are put in place
LINK = 3
_MOST = 4096


class Streams:
    """Descriptors of one run; ``link`` is -1 where there is none. The code itself gets 0, 1, 2 and perhaps 3, and nothing else."""

    def __init__(self, job: int, channel: int, stdin: int, link: int = -1) -> None:
        self.job, self.channel, self.stdin, self.link = job, channel, stdin, link

    def lift(self) -> None:
        """Move all of them out of the way of the code's own, none inherited by exec; close what else is open above 2."""
        for name in ("job", "channel", "stdin", "link"):
            old = getattr(self, name)
            if old >= 0:
                setattr(self, name, fcntl.fcntl(old, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY))
        kept = sorted(number for number in (self.job, self.channel, self.stdin, self.link) if number >= 0)
        for low, high in zip([2, *kept], [*kept, _MOST], strict=True):
            os.closerange(low + 1, high)

    def give(self) -> None:
        """In the code's own process: its standard input and its link in place, all of ours closed."""
        os.dup2(self.stdin, 0)
        if self.link >= 0:
            os.dup2(self.link, LINK)
        os.closerange(LINK if self.link < 0 else LINK + 1, _MOST)

    def let_go(self) -> None:
        """In the process that only watches: keep the channel, and nothing that the code is to read."""
        for number in (0, self.job, self.stdin, self.link):
            if number >= 0:
                os.close(number)
        os.open("/dev/null", os.O_RDONLY)  # the lowest free number: 0

    def close(self) -> None:
        """In the process outside, which has no use for any of them: the reader must see the end once the code's side has gone."""
        for number in (0, 1, 2, self.job, self.channel, self.stdin, self.link):
            if number >= 0:
                os.close(number)


def from_words(words: list[str]) -> Streams:
    """From a command line's last words: the job's, the channel's, the input's and the link's number."""
    return Streams(*(int(word) for word in words[-4:]))
