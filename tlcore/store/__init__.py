"""The store: one truth for results and for control. ``Store()`` opens it; the rest are the records and faults it deals in.

Floors within: tables, records, faults, owners | database, backup, migrations | curves | reading | writing | removing | leases | files |
steering | bringing | tending.
"""

from tlcore.store.faults import Fenced, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from tlcore.store.owners import Owner
from tlcore.store.records import Command, Job, Lease, MemberRecord, Orders, Run, StudyRecord
from tlcore.store.steering import NO_RUN, PACES
from tlcore.store.tables import ANSWERED, ENDED, LIVE, MEASURES
from tlcore.store.tending import Held, Store

__all__ = [
    "ANSWERED",
    "ENDED",
    "LIVE",
    "MEASURES",
    "NO_RUN",
    "PACES",
    "Command",
    "Fenced",
    "Held",
    "Job",
    "Lease",
    "MemberRecord",
    "Orders",
    "Owner",
    "Run",
    "Store",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreReadOnly",
    "StudyRecord",
]
