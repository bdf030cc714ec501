# A run whose tests may be steps on the nodes of a Slurm allocation. A test waits for its step, for
# nobody knows how long, after ctest has started its clock. So ctest gets practically no limit, the
# launcher keeps the limit, and tells a timeout by the first line of the output, as for tests that may
# be tried again (timeouts.cmake).
#
# Read only if holdfast.toml says so. Needs overrides.cmake, ctest_limits.cmake.

_holdfast_need_properties()
set(_holdfast_file_asks_for_retries TRUE)
_holdfast_watch_verdicts()
if(NOT "${_holdfast_default_limit}" STREQUAL "")
  set(_holdfast_default_limit 86400)
  set(ENV{HOLDFAST_P_DEFAULT_LIMIT} 0)
endif()
