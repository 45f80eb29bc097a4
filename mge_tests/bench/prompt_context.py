"""Whether every prompt holds what its atom needs: the emulator refuses where a signature or a member that the reference uses is not in it.

sh .ci/env python -m mge_tests.bench.prompt_context path/to/classeval.json [classes inventory requests]
"""

import tempfile
from pathlib import Path

from mge_tests.bench.live import run, wanted


def main() -> None:
    """Run what is asked for."""
    for name, subject in wanted(__doc__, ["classes", "inventory", "requests"]):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(subject, Path(folder), check_context=True)
        refused = outcome.writer.refusals
        mean = sum(bill.usage["input_tokens"] for bill in outcome.server.ledger.bills) / max(1, len(outcome.server.ledger.bills))
        print(f"{name}: {len(refused)} refused of {sum(outcome.asked) + len(refused)} prompts (bound 0); {mean:.0f} uncached tokens a prompt", flush=True)
        for each in dict.fromkeys(refused):
            print(f"  {each}")


if __name__ == "__main__":
    main()
