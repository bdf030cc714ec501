#include "services/service_instance.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

ServiceHost host_of(const std::string& service, std::uint64_t printed = 0) {
  ServiceHost host;
  host.id = {0, 1};
  host.order.spec.name = service;
  host.order.spec.log_limit = 1000;
  host.order.generation = 2;
  host.order.ports = {7, 8};
  host.order.log = "/run/services/" + service + "-2.log";
  host.last.log_size = printed;
  return host;
}

class AccountOfAService : public testing::Test {
 protected:
  const ServiceHost& after(ServiceNews kind, Milliseconds now, const std::string& why = {},
                           const std::string& lines = {}) {
    wire::HostNews news{kind, why, 10, lines};
    news.main = 42;
    host_.hear(std::move(news), now);
    return host_;
  }

  ServiceHost host_ = host_of("db");
};

TEST_F(AccountOfAService, HasWhatItsHostSaysOfItsGeneration) {
  host_.due = 5000ms;
  const ServiceHost& ready = after(ServiceNews::ready, 1000ms, "", "listening\n");
  EXPECT_EQ(ready.last.main, 42);
  EXPECT_EQ(ready.last.log_size, 10U);
  EXPECT_EQ(ready.last.last_lines, "listening\n");
  EXPECT_EQ(ready.ready, 1000ms);
  EXPECT_EQ(ready.answered, 0ms);
  EXPECT_EQ(ready.due, k_longest) << "it has answered";
}

TEST_F(AccountOfAService, HasItsLastAnswerAndTheTimeWhenItGotReady) {
  (void)after(ServiceNews::ready, 1000ms, "", "listening\n");
  const ServiceHost& ill = after(ServiceNews::unhealthy, 2000ms, "slow");
  EXPECT_EQ(ill.answered, 2000ms);
  EXPECT_EQ(ill.trouble, "slow");
  EXPECT_EQ(ill.ready, 1000ms);
  EXPECT_EQ(ill.last.last_lines, "listening\n");
  const ServiceHost& well = after(ServiceNews::healthy, 3000ms);
  EXPECT_EQ(well.answered, 3000ms);
  EXPECT_EQ(well.trouble, "");
  EXPECT_EQ(well.ready, 1000ms);
}

TEST_F(AccountOfAService, ADeathIsNoAnswer) {
  (void)after(ServiceNews::ready, 1000ms);
  const ServiceHost& dead = after(ServiceNews::died, 2000ms, "killed", "bye\n");
  EXPECT_EQ(dead.answered, 0ms);
  EXPECT_EQ(dead.last.last_lines, "bye\n");
}

TEST_F(AccountOfAService, HasThePortThatTheOutputTold) {
  wire::HostNews news{ServiceNews::ready};
  news.port = 90;
  host_.hear(news, 1000ms);
  EXPECT_EQ(host_.order.ports, (std::vector<std::uint16_t>{90, 8}));
}

TEST(DescribedAccount, SaysHowLongAgoWhatWas) {
  ServiceHost host;
  host.order.spec.name = "db";
  host.order.generation = 1;
  EXPECT_EQ(describe(host, "is starting", 5000ms),
            "db generation 1 is starting\n  its health was not asked for");
  host.id.number = 1;
  host.order.generation = 2;
  host.order.ports = {7, 8};
  host.last.main = 42;
  host.ready = 1000ms;
  host.answered = 3000ms;
  host.last.last_lines = "a\nb\n";
  const std::string lines = "\n  | a\n  | b";
  const std::string rest = ", pid 42, port 7;8, ready since 4.0 s\n  ";
  EXPECT_EQ(describe(host, "is ready", 5000ms),
            "db.2 generation 2 is ready" + rest + "it was well 2.0 s before" + lines);
  host.trouble = "slow";
  EXPECT_EQ(describe(host, "is unwell", 5000ms),
            "db.2 generation 2 is unwell" + rest + "it was not well (slow) 2.0 s before" + lines);
  host.lost = "killed";
  EXPECT_EQ(describe(host, "is ready", 5000ms), "db.2 generation 2 was lost (killed)" + rest +
                                                    "it was not well (slow) 2.0 s before" + lines);
}

// What two services printed during a use.
class PartsOfLogs : public testing::Test {
 protected:
  PartsOfLogs() {
    hosts_.push_back(host_of("db", 10));
    hosts_.push_back(host_of("web", 100));
    for (const ServiceHost& host : hosts_) note_beginning(host, parts_);
  }

  std::vector<ServiceRecord> parts_;
  std::vector<ServiceHost> hosts_;
};

TEST_F(PartsOfLogs, AreFromTheBeginningOfTheUseToItsEnd) {
  hosts_[0].last.log_size = 30;
  // Another process of the batch gets the same generation.
  note_beginning(hosts_[0], parts_);
  hosts_[0].last.log_size = 40;
  hosts_[1].last.log_size = 101;
  const std::vector<ServiceRecord> parts = ended_parts(parts_, hosts_);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].event, "red_use");
  EXPECT_EQ(parts[0].service, "db");
  EXPECT_EQ(parts[0].instance, 1);
  EXPECT_EQ(parts[0].generation, 2);
  EXPECT_EQ(parts[0].log, hosts_[0].order.log);
  EXPECT_EQ(parts[0].log_from, 10);
  EXPECT_EQ(parts[0].log_to, 40);
  EXPECT_EQ(parts[0].log_head, 500);
  EXPECT_EQ(parts[1].service, "web");
  EXPECT_EQ(parts[1].log_from, 100);
  EXPECT_EQ(parts[1].log_to, 101);
}

TEST_F(PartsOfLogs, AreLeftOutWhereNothingWasPrinted) {
  hosts_[1].last.log_size = 101;
  const std::vector<ServiceRecord> parts = ended_parts(parts_, hosts_);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].service, "web");
}

TEST_F(PartsOfLogs, GoToTheEndOfTheLogWhereTheServiceWasLost) {
  hosts_[0].has_died = true;
  hosts_.pop_back();
  const std::vector<ServiceRecord> parts = ended_parts(parts_, hosts_);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].log_to, std::nullopt);
  EXPECT_EQ(parts[1].log_to, std::nullopt);
}

}  // namespace
}  // namespace holdfast
