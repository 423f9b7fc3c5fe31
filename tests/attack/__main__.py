"""``make attack``: tests of the findings by name, then generated hostile requests.

The same seed gives the same requests; ``--only`` repeats some kinds.
"""

import argparse
import secrets
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attack.classification import Outcome
from attack.named import NAMED
from attack.registry import ATTACKS, ROUNDS
from attack.report import HEAD, Tally, details
from attack.runner import run
from support import passed
from support.platform import ARTEFACTS, REPOSITORY, Platform

REQUESTS = 100_000
NAME = "attack"


def run_named() -> int:
    """Run the tests that try the findings one by one; return 0 if all passed."""
    status = 0
    for folder, paths in NAMED.items():
        print(f"\nTests of the findings in tests/{folder}:", flush=True)
        command = [sys.executable, "-m", "pytest", "-v", *paths]
        status |= subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    return status


def main() -> int:
    """Return 0 if no attack succeeded and nothing of ours broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    names = [each.name for each in ATTACKS]
    parser.add_argument("--only", nargs="+", default=names, choices=names)
    parser.add_argument(
        "--generated", action="store_true", help="leave the named tests out"
    )
    options = parser.parse_args()
    tested, began = passed.begin(), time.monotonic()
    status = 0 if options.generated else run_named()
    chosen = ([each for each in kinds if each.name in options.only] for kinds in ROUNDS)
    rounds = [kinds for kinds in chosen if kinds]
    print(f"\nseed {options.seed}\n{HEAD}", flush=True)

    kept: list[Tally] = []

    def report(tally: Tally) -> None:
        print(tally.line(), flush=True)

    def end(tallies: list[Tally]) -> None:
        kept.extend(tallies)
        lines = details(tallies)
        print("\n".join(lines), flush=True)
        ARTEFACTS.mkdir(exist_ok=True)
        table = [f"seed {options.seed}", HEAD, *(each.line() for each in tallies)]
        (ARTEFACTS / "attack.txt").write_text("\n".join([*table, *lines, ""]))

    run(
        Platform(),
        rounds,
        seed=options.seed,
        total=options.requests,
        report=report,
        end=end,
    )
    status = status or _summary(kept)
    is_whole = options.requests >= REQUESTS and set(options.only) == set(names)
    if is_whole and not options.generated and not status:
        passed.record(NAME, tested, time.monotonic() - began)
        print(passed.message(NAME))
    return status


def _summary(tallies: list[Tally]) -> int:
    sent = sum(each.requests for each in tallies)
    counts = {
        outcome: sum(each.outcomes[outcome] for each in tallies)
        for outcome in (Outcome.SUCCESS, Outcome.FAULT, Outcome.UPSTREAM)
    }
    print(
        f"\n{sent} requests: {counts[Outcome.SUCCESS]} successes, "
        f"{counts[Outcome.FAULT]} faults; {counts[Outcome.UPSTREAM]} of others"
    )
    return int(bool(counts[Outcome.SUCCESS] or counts[Outcome.FAULT]))


if __name__ == "__main__":
    sys.exit(main())
