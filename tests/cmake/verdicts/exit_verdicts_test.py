"""Each exit code and each signal: plain, with WILL_FAIL, and with SKIP_RETURN_CODE."""

import unittest

from holdfast_case import HoldfastCase

# sh would not die of some signals if they were ignored above it, so the tests reset them.
PROJECT = """
foreach(code RANGE 0 255)
  foreach(how IN ITEMS plain will_fail skip)
    add_test(NAME exit_${code}_${how} COMMAND sh -c "exit ${code}")
  endforeach()
  set_tests_properties(exit_${code}_will_fail PROPERTIES WILL_FAIL ON)
  set_tests_properties(exit_${code}_skip PROPERTIES SKIP_RETURN_CODE ${code})
endforeach()
foreach(signal RANGE 1 15)
  foreach(how IN ITEMS plain will_fail skip skip_128)
    add_test(NAME signal_${signal}_${how} COMMAND sh -c "kill -${signal} $$; sleep 60")
  endforeach()
  math(EXPR shell_code "128 + ${signal}")
  set_tests_properties(signal_${signal}_will_fail PROPERTIES WILL_FAIL ON)
  set_tests_properties(signal_${signal}_skip PROPERTIES SKIP_RETURN_CODE ${signal})
  set_tests_properties(signal_${signal}_skip_128 PROPERTIES SKIP_RETURN_CODE ${shell_code})
endforeach()
"""


class ExitVerdicts(HoldfastCase):
    def test_every_exit_code_and_signal_gives_the_verdict_it_gave(self):
        self.assert_same_verdicts(self.project(PROJECT), count=3 * 256 + 4 * 15)

    def test_setsid_false_stays_red(self):
        # As the leader of a process group, setsid would fork and return at once, and the test would
        # pass.
        source = self.project("add_test(NAME s COMMAND setsid false)\n"
                              "add_test(NAME t COMMAND setsid true)\n")
        attached = self.assert_same_verdicts(source, count=2)
        self.assertEqual(self.ctest(attached).verdicts(),
                         {1: ("s", "***Failed", "Failed"), 2: ("t", "Passed")})


if __name__ == "__main__":
    unittest.main()
