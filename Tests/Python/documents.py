"""The commands of the documentation: its code blocks as scripts, and the options that it names."""

import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAMS = ("predict-worker", "score-worker", "report-worker", "model-orchestrator", "updraft")
# Not commands: the name of a session (docs/sharding.md).
NO_COMMANDS = {"lease"}


def pages():
    """The pages of the documentation for users, and the READMEs."""
    return sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")])


def blocks(page, language):
    """The code blocks of a page in one language, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text):
    """Each use of one of our programs in a page: its words up to the end of the command."""
    fenced = re.findall(r"^ *```(?:sh|bash)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in fenced for line in block.replace("\\\n", " ").splitlines()]
    lines += [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    for line in lines:
        for part in re.split(r"[|;&#]|\$\(|\)|'", line):
            words = part.split()
            while words and (words[0] in ("sudo", "until", "!") or re.match(r"[A-Z_]+=", words[0])):
                words = words[1:]
            if words and words[0] in PROGRAMS:
                yield words


@functools.cache
def help_text(folder, words):
    """What `--help` says of a program's (sub)command; None when there is no such thing."""
    done = subprocess.run([pathlib.Path(folder) / words[0], *words[1:], "--help"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
    return done.stdout if done.returncode == 0 and "USAGE: " in done.stdout else None


def subcommands(text):
    """The names of the subcommands that a help text lists."""
    listed = re.findall(r"SUBCOMMANDS:\n((?:  .*\n)+)", text)
    return set(re.findall(r"^  ([a-z][a-z-]*)", "".join(listed), re.MULTILINE))


def flaw(folder, words):
    """What is wrong with a command that a page names; None when its `--help` knows all of it."""
    known = (words[0],)
    text = help_text(str(folder), known)
    for word in words[1:]:
        names = subcommands(text)
        if word in names:
            known += (word,)
            text = help_text(str(folder), known)
        elif names and re.fullmatch(r"[a-z][a-z-]*", word) and word not in NO_COMMANDS | {"help"}:
            default = re.search(r"^  ([a-z-]+) \(default\)", text, re.MULTILINE)
            of_default = help_text(str(folder), (*known, default[1])) if default else ""
            # An argument of the subcommand that needn't be named.
            if not re.search(rf"\b{word}\b", of_default):
                return f"{' '.join(known)} has no {word}"
            text = of_default
            break
        else:
            break
    for word in words:
        option = re.match(r"--[a-z][a-z-]*", word)
        if option and option[0] not in re.findall(r"--[a-z][a-z-]*", text):
            return f"{' '.join(known)} has no {option[0]}"
    return None
