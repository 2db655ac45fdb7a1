"""`outline-qa`, `python -m service`: serving, asking, keys, data, and the commands of building and measuring."""

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from service.commands import ask, completion, data, doctor, keys, mcp, search, serve, trial
from service.commands.failure import INTERRUPTED, failure_of, report
from service.commands.passed import PASSED, run_passed

COMMANDS: dict[str, ModuleType] = {
    "serve": serve,
    "ask": ask,
    "search": search,
    "mcp": mcp,
    "keys": keys,
    "data": data,
    "trial": trial,
    "doctor": doctor,
    "completion": completion,
}


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in PASSED:
        return run_passed(given[0], given[1:])
    parser, words = _parser()
    options = parser.parse_args(given)
    options.words = words
    command = options.command or "serve"
    try:
        return int(COMMANDS[command].main(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the outermost layer: one line, and the stack where it is asked for
        if options.debug:
            raise
        return report(command, failure_of(error), getattr(options, "json", False) or getattr(options, "ndjson", False))


def _parser() -> tuple[argparse.ArgumentParser, dict[str, list[str]]]:
    """The parser, and the words that complete each command."""
    parser = argparse.ArgumentParser(
        prog="outline-qa", description="Cited answers from documents. Without a command it serves them."
    )
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    serve.arguments(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    words: dict[str, list[str]] = {}
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").split("\n")[0]
        command = commands.add_parser(name, help=about, description=about)
        module.arguments(command)
        words[name] = [option for action in command._actions for option in action.option_strings]
    for name, (_, _, purpose) in PASSED.items():
        commands.add_parser(name, help=purpose, add_help=False)
        words[name] = ["--help"]
    words["completion"] = list(completion.SHELLS)
    return parser, words


if __name__ == "__main__":
    sys.exit(main())
