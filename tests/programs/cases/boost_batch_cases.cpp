// A Boost.Test program whose cases say what a log of Boost.Test can say. DIES names how the case
// `dies` ends.
#define BOOST_TEST_MODULE my module
#include <boost/mpl/list.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {
boost::test_tools::assertion_result never(boost::unit_test::test_unit_id) { return false; }
using Types = boost::mpl::list<int, long double>;
}  // namespace

BOOST_AUTO_TEST_CASE(passes) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE(inner)
BOOST_AUTO_TEST_CASE(fails) {
  const int a = 1;
  BOOST_TEST(a == 2);
  BOOST_CHECK_EQUAL(a, 3);
}
BOOST_AUTO_TEST_CASE(throws) { throw std::runtime_error("thrown <&> ]]> x"); }
BOOST_AUTO_TEST_CASE(is_disabled, *boost::unit_test::disabled()) { BOOST_TEST(false); }
BOOST_AUTO_TEST_CASE(is_skipped, *boost::unit_test::precondition(never)) { BOOST_TEST(false); }
BOOST_DATA_TEST_CASE(data, boost::unit_test::data::make({1, 2}), x) { BOOST_TEST(x == 1); }
BOOST_AUTO_TEST_CASE_TEMPLATE(typed, T, Types) { BOOST_TEST(sizeof(T) == sizeof(int)); }
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(expecting)
BOOST_AUTO_TEST_CASE(fails, *boost::unit_test::expected_failures(1)) { BOOST_TEST(false); }
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_CASE(depends, *boost::unit_test::depends_on("inner/fails")) { BOOST_TEST(true); }
BOOST_AUTO_TEST_CASE(dies) {
  const char* how = std::getenv("DIES");
  const std::string dies = how == nullptr ? "" : how;
  if (dies == "killed") std::raise(SIGKILL);
  if (dies == "aborts") std::abort();
  if (dies == "exits") std::exit(0);
}
BOOST_AUTO_TEST_CASE(last) { BOOST_FAIL("no"); }
