"""Gangs: all replicas of a job start together or none does.

``choose_gang`` picks the policy once at the start. A policy says what pods carry, which
PodGroup is to be made beside the job's object, and what a PodGroup's status means.
"""

from mofang_hub.jobs.gang.choosing import Served, choose_gang
from mofang_hub.jobs.gang.coscheduling import CoschedulingGang
from mofang_hub.jobs.gang.discovery import discover_gangs
from mofang_hub.jobs.gang.gang import Gang, GangPolicy, GroupApi, Owner
from mofang_hub.jobs.gang.native import NativeGang
from mofang_hub.jobs.gang.none import NoGang
from mofang_hub.jobs.gang.volcano import VolcanoGang

__all__ = [
    "CoschedulingGang",
    "Gang",
    "GangPolicy",
    "GroupApi",
    "NativeGang",
    "NoGang",
    "Owner",
    "Served",
    "VolcanoGang",
    "choose_gang",
    "discover_gangs",
]
