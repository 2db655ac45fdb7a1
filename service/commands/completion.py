"""Print the completion of a shell: `eval "$(outline-qa completion bash)"`."""

import argparse
import sys
from collections.abc import Mapping, Sequence

SHELLS = ("bash", "zsh", "fish")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def completion_script(shell: str, words: Mapping[str, Sequence[str]]) -> str:
    """Return a script that completes commands and their options; `words` has the options of each command."""
    if shell == "fish":
        lines = [f"complete -c outline-qa -f -n __fish_use_subcommand -a '{' '.join(words)}'"]
        lines += [
            f"complete -c outline-qa -n '__fish_seen_subcommand_from {name}' -l {option.removeprefix('--')}"
            for name, options in words.items()
            for option in options
            if option.startswith("--")
        ]
        return "\n".join(lines) + "\n"
    cases = "\n".join(f'    {name}) words="{" ".join(options)}" ;;' for name, options in words.items())
    head = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return (
        f"{head}_outline_qa() {{\n"
        '  local words=""\n'
        '  case "${COMP_WORDS[1]}" in\n'
        f"{cases}\n"
        "  esac\n"
        f'  [ "$COMP_CWORD" -eq 1 ] && words="{" ".join(words)}"\n'
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))\n'
        "}\n"
        "complete -o default -F _outline_qa outline-qa\n"
    )


def main(options: argparse.Namespace) -> int:
    sys.stdout.write(completion_script(options.shell, options.words))
    return 0
