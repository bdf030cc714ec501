// A Boost.Test program with one case per way to end.
#define BOOST_TEST_MODULE cases
#include <signal.h>
#include <stdlib.h>

#include <boost/test/unit_test.hpp>

namespace {
boost::test_tools::assertion_result never(boost::unit_test::test_unit_id) { return false; }
}  // namespace

BOOST_AUTO_TEST_CASE(passes) { BOOST_TEST(1 + 1 == 2); }
BOOST_AUTO_TEST_CASE(fails) { BOOST_TEST(1 + 1 == 3); }
BOOST_AUTO_TEST_CASE(throws) { throw 1; }
BOOST_AUTO_TEST_CASE(segfaults) { raise(SIGSEGV); }
BOOST_AUTO_TEST_CASE(aborts) { abort(); }
BOOST_AUTO_TEST_CASE(is_killed) { raise(SIGKILL); }
BOOST_AUTO_TEST_CASE(exits_with_0) { exit(0); }
BOOST_AUTO_TEST_CASE(exits_with_3) { exit(3); }
BOOST_AUTO_TEST_CASE(is_disabled, *boost::unit_test::disabled()) { BOOST_TEST(false); }
BOOST_AUTO_TEST_CASE(is_skipped, *boost::unit_test::precondition(never)) { BOOST_TEST(false); }
