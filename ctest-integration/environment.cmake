# Removes variables of ours from the environment around ctest. An enclosing run has set them for its
# own test, or a user by chance. They say nothing about the tests of this run.
#
# Each HOLDFAST_P_ of launcher/base/environment.hpp and of launcher/values/test_properties.def is
# here. ENVIRONMENT_MODIFICATION sets later what a test's own properties say.
include("${CMAKE_CURRENT_LIST_DIR}/setting_names.cmake")
_holdfast_setting_names(_holdfast_names)
foreach(_holdfast_variable IN ITEMS ${_holdfast_names} ARGUMENT COMMAND DEFAULT_LIMIT DEFAULT_TIMEOUT DEPENDS ENABLED
    FIXTURES_CLEANUP FIXTURES_REQUIRED FIXTURES_SETUP JUDGED KEPT_LIMIT LABELS LOCK_LINE
    NATIVE_LIMIT NATIVE_TIMEOUT NEEDED PROCESSORS REQUIRED_FILES RESOURCE_LOCK RUN_SERIAL
    SKIP_RETURN_CODE STOP_TIME TELLS_LIMIT TIMEOUT_GRACE TIMEOUT_LINE TIMEOUT_SIGNAL UNTIL_FAIL VERDICT)
  unset(ENV{HOLDFAST_P_${_holdfast_variable}})
endforeach()
