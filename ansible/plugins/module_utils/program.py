# -*- coding: utf-8 -*-
# Copyright: The bundle-doctor authors. MIT OR Apache-2.0, see the LICENSE files of bundle-doctor.
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the modules share: bundle-doctor is run, and its one JSON document read."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import re

# Options of every module: which agent, and by which configuration.
ARGUMENTS = {
    "program": {"type": "path", "default": "bundle-doctor"},
    "unit": {"type": "str"},
    "bundle_dir": {"type": "path"},
    "config": {"type": "path"},
    "keys": {"type": "list", "elements": "path", "default": [], "no_log": False},
}


def words(module, command, *more):
    """The words of a command line, with what the module was told."""
    asked = module.params
    line = [module.get_bin_path(asked["program"], required=True), command, "--json", "--no-progress"]
    for option, value in (("--unit", asked["unit"]), ("--bundle", asked["bundle_dir"]), ("--config", asked["config"])):
        if value:
            line += [option, value]
    for key in asked["keys"]:
        line += ["--key", key]
    return line + list(more)


def run(module, line):
    """Runs it; its exit code and its document. What has no document is the task's failure."""
    code, out, err = module.run_command(line, environ_update={"LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
    try:
        document = json.loads(out)
        document["verdict"]
    except (ValueError, KeyError, TypeError):
        module.fail_json(msg="{0} gave no report (exit code {1}): {2}".format(line[1], code, (err or out).strip()[-800:]), rc=code)
    return code, document


def why(document):
    """What a document says of why something was not done, in one line."""
    error = document.get("error")
    if error:
        return "; ".join(part for part in (error["message"], error.get("help")) if part)
    return "; ".join(document.get("why") or []) or document["verdict"]


def deployed(document):
    """The version of the deployed bundle, by a report of `doctor`; None where it is not known."""
    package = (document.get("deployment") or {}).get("package") or {}
    return package.get("version")


def cause(document):
    """The root cause, by a report of `doctor`; None where nothing is wrong."""
    diagnoses = document.get("diagnoses") or []
    return diagnoses[0]["cause"] if diagnoses else None


VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def precedence(version):
    """By what versions are ordered (semver.org, 11); None for what is no version."""
    found = VERSION.fullmatch(version or "")
    if not found:
        return None
    numbers = tuple(int(number) for number in found.groups()[:3])
    if found.group(4) is None:
        return numbers + (1, ())
    # Numbers come before words, and fewer parts before more.
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in found.group(4).split("."))
    return numbers + (0, parts)
