# Variables of ours in the environment around ctest: a run that this one is inside of has told them,
# or a user has set one by chance. They are not about the tests of this run.
#
# Each of launcher/core/base/environment.hpp's HOLDFAST_P_ is here. What a test's own properties say comes
# after this, by ENVIRONMENT_MODIFICATION.
foreach(_holdfast_variable IN ITEMS COMMAND DEFAULT_LIMIT DEFAULT_TIMEOUT ENABLED ISOLATION JUDGED KEPT_LIMIT
    LABELS LOCKS LOCK_LINE NATIVE_LIMIT NATIVE_TIMEOUT NEEDED ON_LEAK PROCESSORS REQUIRED_FILES RESOURCE_LOCK RETRY
    RUN_SERIAL SKIP_RETURN_CODE STOP_TIME TELLS_LIMIT TIMEOUT TIMEOUT_GRACE TIMEOUT_LINE TIMEOUT_SIGNAL UNTIL_FAIL VERDICT)
  unset(ENV{HOLDFAST_P_${_holdfast_variable}})
endforeach()
