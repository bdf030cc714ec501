#include "services/service_instance.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// More than a host may be late.
constexpr Milliseconds k_late = 20s;

class ToldHost : public testing::Test {
 protected:
  ToldHost() {
    auto ends = std::move(*os::packet_pair());
    host_.socket = std::move(ends.first);
    theirs_ = std::move(ends.second);
    ServiceSpec& spec = host_.order.spec;
    spec.health_timeout = 1min;
    spec.start_timeout = 1h;
    spec.grace = 3h;
    spec.stop = {"true"};
  }

  std::string heard() const {
    if (!os::is_readable(theirs_.get())) return {};
    const Result<wire::Message> message = os::receive_message(theirs_.get()).message;
    return message ? message->kind : "";
  }

  ServiceHost host_;
  os::UniqueFd theirs_;
};

// A host that is late is killed, and its service with it.
TEST_F(ToldHost, HasTimeForWhatItIsToDo) {
  const struct {
    std::string_view kind;
    Milliseconds time;
  } rows[] = {
      {wire::k_check, 1min},
      {wire::k_reset, 1h + 1min},
      {wire::k_stop, 3h + 3h},  // its command has the grace, and then the service
  };
  for (const auto& row : rows) {
    const Milliseconds before = os::monotonic_now();
    host_.send(row.kind);
    EXPECT_EQ(heard(), row.kind);
    EXPECT_GE(host_.due, before + row.time) << row.kind;
    EXPECT_LE(host_.due, os::monotonic_now() + row.time + k_late) << row.kind;
  }
  const Milliseconds before = os::monotonic_now();
  host_.expect_answer(ServiceHost::k_start);
  EXPECT_GE(host_.due, before + 1h);
  EXPECT_LE(host_.due, os::monotonic_now() + 1h + k_late);
}

TEST_F(ToldHost, NeedNotAnswerWhatAsksNothing) {
  host_.send(wire::k_had_alone);
  EXPECT_EQ(heard(), wire::k_had_alone);
  EXPECT_EQ(host_.due, k_longest);
  EXPECT_FALSE(host_.is_told_to_stop);
  host_.send(wire::k_stop);
  EXPECT_TRUE(host_.is_told_to_stop);
}

TEST_F(ToldHost, ThatIsGoneIsExpectedToDoNothing) {
  host_.socket.reset();
  host_.send(wire::k_check);
  EXPECT_EQ(host_.due, k_longest);
  EXPECT_TRUE(host_.is_gone());
}

TEST(EndOfAService, TakesTheTimeOfItsStopCommandToo) {
  ServiceSpec spec;
  spec.grace = 7s;
  EXPECT_EQ(longest_end(spec), 7s);
  spec.stop = {"true"};
  EXPECT_EQ(longest_end(spec), 14s);
}

TEST(VariablesOfAService, AreThoseOfItsInstance) {
  ServiceHost host;
  host.id.number = 1;
  host.order.spec.name = "my-db";
  host.order.generation = 3;
  host.order.log = "/l";
  const auto told = [&] {
    std::string text;
    for (const Variable& one : variables_of(host)) text += one.name + "=" + one.value + " ";
    return text;
  };
  const std::string usual = "HOLDFAST_SERVICE_MY_DB_GENERATION=3 HOLDFAST_SERVICE_MY_DB_LOG=/l ";
  EXPECT_EQ(told(), usual);
  host.order.ports = {7, 8};
  host.last.main = 42;
  EXPECT_EQ(told(), "HOLDFAST_SERVICE_MY_DB_PORT=7 HOLDFAST_SERVICE_MY_DB_PORTS=7;8 " + usual +
                        "HOLDFAST_SERVICE_MY_DB_PID=42 ");
  EXPECT_EQ(name_of_instance("db", 0), "db");
  EXPECT_EQ(name_of_instance("db", 1), "db.2");
}

}  // namespace
}  // namespace holdfast
