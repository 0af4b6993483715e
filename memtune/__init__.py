"""memtune runs a workload under named settings inside a memory-capped container,
measures what it needed, says whether it passed, and picks the most conservative
settings that still pass.

The words, used everywhere (code, YAML, help, reports):

Workload
    What is executed: image, command, and its kind, ``pipeline`` (ends by itself)
    or ``service`` (answers requests until stopped).
Load
    What exercises a service while it runs.
Cap
    The hard memory limit of the container.
Knob
    One setting that can be turned: ordered values, the conservative end first,
    and how a value reaches the process.
Space
    A workload's knobs, in order of priority.
Settings
    One point of a Space; immutable, hashable.
Profile
    A named, reviewed Settings plus a Cap, kept as YAML; may extend another.
Run
    One execution of one workload under one Settings and one Cap.
Outcome
    How a run ended, exactly one of ``completed``, ``failed``, ``oom_main``,
    ``oom_child``, ``timeout``, ``pids_limit``, ``infra``, ``cancelled``.
Measurement
    The facts of one run, each with its unit and its source.
Trial
    The repeated runs of one Settings under one Cap, with their Summary.
Check
    One thing that must hold for a run to pass.
Headroom
    The share of the Cap that must stay free at the peak.
Verdict
    ``pass``, ``fail`` or ``inconclusive``, plus its Findings, one per check.
Study
    Every trial of one tuning session, in order, with how each was chosen.
Recommendation
    The chosen Settings with the evidence for it, and for the runner-up.
Environment
    Kernel, cgroup version, architecture, CPUs, image digest, tool versions.

*run* is a noun here; the verb is *execute*.
"""

__version__ = "0.1.0"
