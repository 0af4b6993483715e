"""Exercises services over HTTP, or by any command, and says how they answered.

``python -m memtune.load`` is executed in a container of its own, on the network of the
services and outside their caps, with the plan (``memtune.model.Plan``) as JSON in the variable
``MEMTUNE_LOAD``. It waits until the services are ready, makes the calls ``before``, warms up,
makes the load while each service is asked for its health, makes the calls ``after``, and prints
one JSON object as the last line of stdout. Why something failed goes to stderr.

Which figure is which (all times are differences of the monotonic clock):

``boot_s``, ``boot_s_SERVICE``
    From the start of this program until all services, or one of several, answered their health
    URL with 2xx; asked every 50 ms.
``requests``, ``errors``, ``error_rate``
    Measured requests; those of them whose answer had the wrong status, lacked an expected member
    or never came (60 s); and their share. The warm-up is in no figure.
``p50_ms``, ``p95_ms``, ``p99_ms``, ``max_ms``
    Latency until the whole answer was read, over all measured requests, wrong answers and missing
    ones too. In the closed loop it counts from when the request was sent. In the open loop it
    counts from when the request fell due, so the time in which a stalled service let requests
    queue is part of it. A percentile is the smallest measured latency that so many percent do
    not exceed (nearest rank over all latencies), not read from a histogram.
``throughput_per_s``
    Right answers, divided by ``load_s``.
``load_s``
    From the beginning of the measured part to the last answer, at least as long as was planned
    (``duration``, or ``requests`` at their ``rate``); or the duration of the command.
``health_max_ms``, ``health_failures``
    While the measured part goes on, the longest that an answer to the health question took, and
    how many questions were not answered with 2xx within 10 s, over all services. The
    questions are asked by another process than the load's, on connections of their own.
A call's name
    ``ok`` or ``failed``, for the calls before and after.

What was not reached is absent. A load by command has the command's own figures instead of those
of requests, where the last line of its output is a JSON object.

The exit status is 0 when the load was made, whatever its figures: memtune's checks judge those.
It is 2 for a plan that cannot be carried out, 3 for a service that was not ready in time, 4 for a
call before or after that failed, 70 when the load's own process broke, 128 + N after signal N.
With a command it is the command's own.
"""
