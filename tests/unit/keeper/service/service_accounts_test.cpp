#include "keeper/service/service_instance.hpp"

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
  host.main = 42;
  host.log_size = printed;
  return host;
}

wire::Message said(std::string_view kind, std::string_view why = {}, std::string_view lines = {}) {
  wire::Message message(kind);
  if (!why.empty()) message.add("why", why);
  if (!lines.empty()) message.add("last_lines", lines);
  return message;
}

class AccountOfAService : public testing::Test {
 protected:
  const ServiceAccount& after(const wire::Message& message, Milliseconds now) {
    accounts_.hear(host_, message, now);
    return accounts_.of(host_.id, 2);
  }

  ServiceHost host_ = host_of("db");
  ServiceAccounts accounts_;
};

TEST_F(AccountOfAService, HasWhatItsHostSaysOfItsGeneration) {
  const ServiceAccount& ready = after(said(wire::k_ready, "", "listening\n"), 1000ms);
  EXPECT_EQ(ready.name, "db.2");
  EXPECT_EQ(ready.pid, 42);
  EXPECT_EQ(ready.ports, "7;8");
  EXPECT_EQ(ready.ready, 1000ms);
  EXPECT_EQ(ready.answered, 0ms);
  EXPECT_EQ(ready.last_lines, "listening\n");
  EXPECT_EQ(accounts_.of(host_.id, 3).name, "");
}

TEST_F(AccountOfAService, HasItsLastAnswerAndTheTimeWhenItGotReady) {
  (void)after(said(wire::k_ready, "", "listening\n"), 1000ms);
  const ServiceAccount& ill = after(said(wire::k_unhealthy, "slow"), 2000ms);
  EXPECT_EQ(ill.answered, 2000ms);
  EXPECT_EQ(ill.trouble, "slow");
  EXPECT_EQ(ill.ready, 1000ms);
  EXPECT_EQ(ill.last_lines, "listening\n");
  const ServiceAccount& well = after(said(wire::k_healthy), 3000ms);
  EXPECT_EQ(well.answered, 3000ms);
  EXPECT_EQ(well.trouble, "");
  EXPECT_EQ(well.ready, 1000ms);
}

TEST_F(AccountOfAService, ADeathIsNoAnswer) {
  (void)after(said(wire::k_ready), 1000ms);
  const ServiceAccount& dead = after(said(wire::k_died, "killed", "bye\n"), 2000ms);
  EXPECT_EQ(dead.answered, 0ms);
  EXPECT_EQ(dead.last_lines, "bye\n");
}

TEST(DescribedAccount, SaysHowLongAgoWhatWas) {
  ServiceAccount account;
  account.name = "db";
  EXPECT_EQ(describe(account, 1, "is starting", 5000ms),
            "db generation 1 is starting\n  its health was not asked for");
  account.pid = 42;
  account.ports = "7";
  account.ready = 1000ms;
  account.answered = 3000ms;
  account.last_lines = "a\nb\n";
  const std::string lines = "\n  | a\n  | b";
  const std::string rest = ", pid 42, port 7, ready since 4.0 s\n  ";
  EXPECT_EQ(describe(account, 2, "is ready", 5000ms),
            "db generation 2 is ready" + rest + "it was well 2.0 s before" + lines);
  account.trouble = "slow";
  EXPECT_EQ(describe(account, 2, "is unwell", 5000ms),
            "db generation 2 is unwell" + rest + "it was not well (slow) 2.0 s before" + lines);
  account.lost = "killed";
  EXPECT_EQ(
      describe(account, 2, "is ready", 5000ms),
      "db generation 2 was lost (killed)" + rest + "it was not well (slow) 2.0 s before" + lines);
}

// What two services printed during the use 5.
class PartsOfLogs : public testing::Test {
 protected:
  PartsOfLogs() {
    hosts_.push_back(host_of("db", 10));
    hosts_.push_back(host_of("web", 100));
    for (const ServiceHost& host : hosts_) logs_.begin(5, host, 2);
  }

  ServiceLogs logs_;
  std::vector<ServiceHost> hosts_;
};

TEST_F(PartsOfLogs, AreFromTheBeginningOfTheUseToItsEnd) {
  hosts_[0].log_size = 30;
  // Another process of the batch gets the same generation.
  logs_.begin(5, hosts_[0], 2);
  hosts_[0].log_size = 40;
  hosts_[1].log_size = 101;
  const std::vector<ServiceRecord> parts = logs_.take(5, hosts_);
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
  hosts_[1].log_size = 101;
  const std::vector<ServiceRecord> parts = logs_.take(5, hosts_);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].service, "web");
}

TEST_F(PartsOfLogs, GoToTheEndOfTheLogWhereTheServiceWasLost) {
  hosts_[0].has_died = true;
  hosts_.pop_back();
  const std::vector<ServiceRecord> parts = logs_.take(5, hosts_);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].log_to, std::nullopt);
  EXPECT_EQ(parts[1].log_to, std::nullopt);
}

TEST_F(PartsOfLogs, OfAUseThatWasNotRedAreForgotten) {
  hosts_[0].log_size = 30;
  logs_.forget(5);
  EXPECT_TRUE(logs_.take(5, hosts_).empty());
}

}  // namespace
}  // namespace holdfast
