"""The report of a run, and runs side by side."""

from ._compare import compare_runs as compare_runs
from ._compare import write_comparison as write_comparison
from ._report import write_report as write_report
from ._words import number as number
from ._words import shown as shown
from ._words import spoken as spoken
from ._write_activity import write_activity as write_activity
