"""Who steers: the visitor of a session, and which runs are his where strangers can see the lab.

Bound to this machine, everybody steers every run. Hosted (``TLCORE_HOSTED=on``), a run belongs to who started it and to who has
its private link; everybody else looks, replays and forks.
"""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.registry import InputError
from tlcore.spec import digest
from tlcore.store import Run
from tlcore.ui import frame

VISITOR = "_visitor"  # in the session: a secret name
TOKENS = "_tokens"  # in the session: run -> token
TOKEN = "token"  # in the address of a private link
AWAITS = "_awaits"  # in the session: the run that was asked something and has not answered
PROBLEM = "problem"  # in the session: a refusal, shown at the next drawing of the page


def visitor() -> str:
    """The secret name of this session, by which what it starts is known as its own."""
    return str(st.session_state.setdefault(VISITOR, secrets.token_hex(16)))


def starter() -> str:
    """Who is noted as the one who asked: on this machine nobody in particular."""
    return visitor() if jobs.hosted() else ""


def name() -> str:
    """What others may know of this session."""
    return f"visitor {digest(visitor())[:4]}"


def token(run_id: str) -> str | None:
    """What this session knows of a run that only its holder knows: from its private link, or because the run was started here."""
    known: dict[str, str] = st.session_state.setdefault(TOKENS, {})
    given = st.query_params.get(TOKEN)
    if given is not None and st.query_params.get("run") == run_id:
        known[run_id] = given[:64]
    return known.get(run_id)


def own(run: Run) -> None:
    """Take hold of a run that was started here; one that was there before stays its holder's."""
    if jobs.hosted() and frame.store().started(run.id, visitor()) and (held := frame.store().token(run.id)):
        st.session_state.setdefault(TOKENS, {})[run.id] = held


def may_steer(run_id: str) -> bool:
    """Whether this session may steer a run."""
    return jobs.may_steer(run_id, token(run_id))


def ask(run_id: str, what: str, value: Any = None) -> None:
    """Ask something of a run, from a callback; a refusal becomes a sentence on the page."""
    st.session_state.pop(PROBLEM, None)
    made = attempt(jobs.command, run_id, what, value, key=secrets.token_hex(8), hand=name(), token=token(run_id))
    if made is not None and made.epoch is None:
        st.session_state[AWAITS] = run_id


def heard(run_id: str) -> bool:
    """Whether everything that was asked from here is answered now, and was not at the last look."""
    if st.session_state.get(AWAITS) != run_id or frame.store().pending_of(run_id):
        return False
    del st.session_state[AWAITS]
    return True


def attempt(action: Any, *args: Any, **keywords: Any) -> Any:
    """Do something with the store from a callback; a refusal becomes a sentence on the page."""
    try:
        return action(*args, **keywords)
    except InputError as error:
        tell(str(error))
    return None


def tell(why: str) -> None:
    """Say at the next drawing of the page why something was not done."""
    st.session_state[PROBLEM] = why


def problem() -> None:
    """Show the refusal of the last click, once."""
    if said := st.session_state.pop(PROBLEM, None):
        st.error(said)
