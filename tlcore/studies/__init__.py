"""Studies: one question, many runs. Each entry turns a source recipe and a target into its members."""

from tlcore.studies import findings, racing
from tlcore.studies.arms import apart, arm_spec, label, phrase, span
from tlcore.studies.questions import first
from tlcore.studies.study import STUDIES, Member, Study

__all__ = ["STUDIES", "Member", "Study", "apart", "arm_spec", "findings", "first", "label", "phrase", "racing", "span"]
