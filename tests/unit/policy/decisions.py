"""Decisions for every combination of policies, one a line; what they come from is said below each table.

Who asks (`user` and `session` of the resource's account, `stranger` of another), what the identity's policies say (`-`:
there are none), whom the resource's policy allows (`itself`: the caller as such; `role`: the role behind it; `account`:
the caller's whole account; `deny`: it denies everybody), what the permissions boundary and the session's policies say
(`silent`: there is one, and it says nothing of this), and what comes of it. The sources are those of `test_engine`.
"""

from __future__ import annotations

ONE_ACCOUNT = """
user     -      -        -       -       deny
user     -      -        allow   -       deny
user     -      -        silent  -       deny
user     -      -        deny    -       deny
user     allow  -        -       -       allow
user     allow  -        allow   -       allow
user     allow  -        silent  -       deny
user     allow  -        deny    -       deny
user     deny   -        -       -       deny
user     deny   -        allow   -       deny
user     deny   -        silent  -       deny
user     deny   -        deny    -       deny
user     -      itself   -       -       allow
user     -      itself   allow   -       allow
user     -      itself   silent  -       allow
user     -      itself   deny    -       deny
user     allow  itself   -       -       allow
user     allow  itself   allow   -       allow
user     allow  itself   silent  -       allow
user     allow  itself   deny    -       deny
user     deny   itself   -       -       deny
user     deny   itself   allow   -       deny
user     deny   itself   silent  -       deny
user     deny   itself   deny    -       deny
user     -      account  -       -       deny
user     -      account  allow   -       deny
user     -      account  silent  -       deny
user     -      account  deny    -       deny
user     allow  account  -       -       allow
user     allow  account  allow   -       allow
user     allow  account  silent  -       deny
user     allow  account  deny    -       deny
user     deny   account  -       -       deny
user     deny   account  allow   -       deny
user     deny   account  silent  -       deny
user     deny   account  deny    -       deny
user     -      deny     -       -       deny
user     -      deny     allow   -       deny
user     -      deny     silent  -       deny
user     -      deny     deny    -       deny
user     allow  deny     -       -       deny
user     allow  deny     allow   -       deny
user     allow  deny     silent  -       deny
user     allow  deny     deny    -       deny
user     deny   deny     -       -       deny
user     deny   deny     allow   -       deny
user     deny   deny     silent  -       deny
user     deny   deny     deny    -       deny
"""
"""SAME, BOUND: a user and a resource of one account."""

TWO_ACCOUNTS = """
stranger -      -        -       -       deny
stranger -      -        allow   -       deny
stranger -      -        silent  -       deny
stranger -      -        deny    -       deny
stranger allow  -        -       -       deny
stranger allow  -        allow   -       deny
stranger allow  -        silent  -       deny
stranger allow  -        deny    -       deny
stranger deny   -        -       -       deny
stranger deny   -        allow   -       deny
stranger deny   -        silent  -       deny
stranger deny   -        deny    -       deny
stranger -      itself   -       -       deny
stranger -      itself   allow   -       deny
stranger -      itself   silent  -       deny
stranger -      itself   deny    -       deny
stranger allow  itself   -       -       allow
stranger allow  itself   allow   -       allow
stranger allow  itself   silent  -       deny
stranger allow  itself   deny    -       deny
stranger deny   itself   -       -       deny
stranger deny   itself   allow   -       deny
stranger deny   itself   silent  -       deny
stranger deny   itself   deny    -       deny
stranger -      account  -       -       deny
stranger -      account  allow   -       deny
stranger -      account  silent  -       deny
stranger -      account  deny    -       deny
stranger allow  account  -       -       allow
stranger allow  account  allow   -       allow
stranger allow  account  silent  -       deny
stranger allow  account  deny    -       deny
stranger deny   account  -       -       deny
stranger deny   account  allow   -       deny
stranger deny   account  silent  -       deny
stranger deny   account  deny    -       deny
stranger -      deny     -       -       deny
stranger -      deny     allow   -       deny
stranger -      deny     silent  -       deny
stranger -      deny     deny    -       deny
stranger allow  deny     -       -       deny
stranger allow  deny     allow   -       deny
stranger allow  deny     silent  -       deny
stranger allow  deny     deny    -       deny
stranger deny   deny     -       -       deny
stranger deny   deny     allow   -       deny
stranger deny   deny     silent  -       deny
stranger deny   deny     deny    -       deny
"""
"""CROSS, BOUND: a user, and a resource of another account."""

SESSIONS = """
session  -      -        -       -       deny
session  -      -        -       allow   deny
session  -      -        -       silent  deny
session  -      -        allow   -       deny
session  -      -        allow   allow   deny
session  -      -        allow   silent  deny
session  -      -        silent  -       deny
session  -      -        silent  allow   deny
session  -      -        silent  silent  deny
session  allow  -        -       -       allow
session  allow  -        -       allow   allow
session  allow  -        -       silent  deny
session  allow  -        allow   -       allow
session  allow  -        allow   allow   allow
session  allow  -        allow   silent  deny
session  allow  -        silent  -       deny
session  allow  -        silent  allow   deny
session  allow  -        silent  silent  deny
session  -      role     -       -       allow
session  -      role     -       allow   allow
session  -      role     -       silent  deny
session  -      role     allow   -       allow
session  -      role     allow   allow   allow
session  -      role     allow   silent  deny
session  -      role     silent  -       deny
session  -      role     silent  allow   deny
session  -      role     silent  silent  deny
session  allow  role     -       -       allow
session  allow  role     -       allow   allow
session  allow  role     -       silent  deny
session  allow  role     allow   -       allow
session  allow  role     allow   allow   allow
session  allow  role     allow   silent  deny
session  allow  role     silent  -       deny
session  allow  role     silent  allow   deny
session  allow  role     silent  silent  deny
session  -      itself   -       -       allow
session  -      itself   -       allow   allow
session  -      itself   -       silent  allow
session  -      itself   allow   -       allow
session  -      itself   allow   allow   allow
session  -      itself   allow   silent  allow
session  -      itself   silent  -       allow
session  -      itself   silent  allow   allow
session  -      itself   silent  silent  allow
session  allow  itself   -       -       allow
session  allow  itself   -       allow   allow
session  allow  itself   -       silent  allow
session  allow  itself   allow   -       allow
session  allow  itself   allow   allow   allow
session  allow  itself   allow   silent  allow
session  allow  itself   silent  -       allow
session  allow  itself   silent  allow   allow
session  allow  itself   silent  silent  allow
session  -      account  -       -       deny
session  -      account  -       allow   deny
session  -      account  -       silent  deny
session  -      account  allow   -       deny
session  -      account  allow   allow   deny
session  -      account  allow   silent  deny
session  -      account  silent  -       deny
session  -      account  silent  allow   deny
session  -      account  silent  silent  deny
session  allow  account  -       -       allow
session  allow  account  -       allow   allow
session  allow  account  -       silent  deny
session  allow  account  allow   -       allow
session  allow  account  allow   allow   allow
session  allow  account  allow   silent  deny
session  allow  account  silent  -       deny
session  allow  account  silent  allow   deny
session  allow  account  silent  silent  deny
"""
"""SAME, BOUND, SESSION: a session of a role, with a boundary and policies of its own."""

ROWS = tuple(
    tuple(line.split()) for table in (ONE_ACCOUNT, TWO_ACCOUNTS, SESSIONS) for line in table.strip().splitlines()
)
