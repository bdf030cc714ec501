#include "services/host_wire.hpp"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::wire {
namespace {

HostOrder full_order() {
  HostOrder order;
  ServiceSpec& spec = order.spec;
  spec.name = "db";
  spec.origin = "holdfast.toml:3, [service.db]";
  spec.command = {"server", "", "a b\n"};
  spec.ready.tcp = "localhost:1";
  spec.ready.unix_socket = "/s";
  spec.ready.http = "http://localhost:1/";
  spec.ready.command = {"ping"};
  spec.ready.output = "(.*)";
  spec.health = spec.ready;
  spec.health.output.clear();
  spec.health_timeout = Milliseconds{1};
  spec.init = {"init"};
  spec.reset = {"reset", "all"};
  spec.stop = {"stop"};
  spec.stop_signal = 2;
  spec.grace = Milliseconds{0};
  spec.start_timeout = Milliseconds{7};
  spec.max_restarts = 0;
  spec.depends = {"a", "b"};
  spec.ports = 2;
  spec.instances = 4;
  spec.eager = true;
  spec.forking = true;
  spec.user = "nobody";
  spec.log_limit = 1;
  spec.directory = "/d";
  spec.environment = {{"A", "x=y"}, {"B", ""}};
  order.ctest = {12, 34};
  order.attempt = "12-34.s1";
  order.instance = 3;
  order.generation = 9;
  order.ports = {80, 65535};
  order.kept = {5, 17};
  order.dependents = 9;
  order.before = {"setpriv", "--"};
  order.log = "/l";
  order.scratch = "/t";
  return order;
}

// All fields of an order, in one text.
std::string text_of(const HostOrder& order) { return encode(to_message(order)); }

TEST(HostOrder, ArrivesAsItWasSent) {
  const Result<Message> message = decode(text_of(full_order()));
  ASSERT_TRUE(message);
  const Result<HostOrder> arrived = read<HostOrder>(*message);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(text_of(*arrived), text_of(full_order()));
  EXPECT_EQ(arrived->spec.environment, full_order().spec.environment);
  EXPECT_EQ(arrived->spec.ready, full_order().spec.ready);
  EXPECT_EQ(arrived->spec.health, full_order().spec.health);
  EXPECT_EQ(arrived->ctest, full_order().ctest);
  EXPECT_EQ(arrived->ports, full_order().ports);
}

TEST(HostOrder, EachFieldArrives) {
  HostOrder order = full_order();
  order.containment = {Boundary::pidns};
  order.must_be_contained = true;
  order.network = 6;
  order.cgroup = "holdfast-1-12-34.s1";
  order.kept_at = "/k";
  order.tree = "/b";
  const Result<HostOrder> arrived = read<HostOrder>(to_message(order));
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->containment, order.containment);
  EXPECT_TRUE(arrived->must_be_contained);
  EXPECT_EQ(arrived->network, order.network);
  EXPECT_EQ(arrived->cgroup, order.cgroup);
  EXPECT_EQ(arrived->kept_at, order.kept_at);
  EXPECT_EQ(arrived->tree, order.tree);
  EXPECT_EQ(arrived->attempt, order.attempt);
  EXPECT_EQ(arrived->instance, order.instance);
  EXPECT_EQ(arrived->generation, order.generation);
  EXPECT_EQ(arrived->kept, order.kept);
  EXPECT_EQ(arrived->dependents, order.dependents);
  EXPECT_EQ(arrived->before, order.before);
  EXPECT_EQ(arrived->log, order.log);
  EXPECT_EQ(arrived->scratch, order.scratch);
}

TEST(HostOrder, OfAPlainServiceHasItsDefaults) {
  HostOrder plain;
  plain.ctest = {1, 1};
  const Result<HostOrder> arrived = read<HostOrder>(to_message(plain));
  ASSERT_TRUE(arrived);
  EXPECT_EQ(text_of(*arrived), text_of(plain));
  EXPECT_EQ(arrived->spec.start_timeout, Milliseconds{30'000});
}

TEST(HostOrder, IsRefusedWithTheFieldThatIsWrong) {
  Message message = to_message(full_order());
  for (auto& [key, text] : message.fields) {
    if (key == "grace") text = "soon";
  }
  EXPECT_EQ(to_text(read<HostOrder>(message).error()),
            "the field grace of a service is not understood");
  message.kind = "attempt";
  EXPECT_EQ(to_text(read<HostOrder>(message).error()),
            "expected a service, found a message of kind attempt");
}

TEST(HostNews, ArrivesAsItWasSent) {
  const HostNews news{ServiceNews::unhealthy, "slow", 7, "a\nb\n", 21, 8080};
  const Message message = to_message(news);
  EXPECT_EQ(message.kind, "unhealthy");
  const Result<HostNews> arrived = to_host_news(message);
  ASSERT_TRUE(arrived) << to_text(arrived.error());
  EXPECT_EQ(arrived->kind, news.kind);
  EXPECT_EQ(arrived->why, news.why);
  EXPECT_EQ(arrived->log_size, news.log_size);
  EXPECT_EQ(arrived->last_lines, news.last_lines);
  EXPECT_EQ(arrived->main, news.main);
  EXPECT_EQ(arrived->port, news.port);
  EXPECT_FALSE(to_host_news(Message(k_stop)));
  EXPECT_FALSE(to_host_news(Message("ready"))) << "without a size of its log";
}

TEST(ManualState, ArrivesAsItWasSent) {
  ManualState state;
  state.order = full_order();
  state.phase = "ready";
  state.main = 21;
  state.user = 22;
  state.needs_reset = true;
  state.host = {23, 24};
  state.end = Milliseconds{25};
  for (const char* user : {"nobody", ""}) {
    state.order.spec.user = user;
    const Result<ManualState> arrived = read<ManualState>(to_message(state));
    ASSERT_TRUE(arrived) << to_text(arrived.error());
    EXPECT_EQ(text_of(arrived->order), text_of(state.order));
    EXPECT_EQ(arrived->order.spec.user, user);
    EXPECT_EQ(arrived->phase, state.phase);
    EXPECT_EQ(arrived->main, state.main);
    EXPECT_EQ(arrived->user, state.user);
    EXPECT_TRUE(arrived->needs_reset);
    EXPECT_EQ(arrived->host, state.host);
    EXPECT_EQ(arrived->end, state.end);
  }
}

TEST(ManualState, OfAnotherVersionIsRefused) {
  Message message = to_message(ManualState{});
  std::erase_if(message.fields, [](const auto& field) { return field.first == "used_by"; });
  EXPECT_FALSE(read<ManualState>(message));
}

TEST(ManualState, HasNoTwoFieldsOfOneKey) {
  ManualState state;
  state.order = full_order();
  ServiceSpec& spec = state.order.spec;
  for (auto* list : {&spec.command, &spec.init, &spec.reset, &spec.stop, &spec.depends})
    list->resize(1);
  spec.environment.resize(1);
  state.order.ports.resize(1);
  state.order.kept.resize(1);
  state.order.before.resize(1);
  state.order.must_be_contained = true;
  for (auto* text : {&state.order.cgroup, &state.order.kept_at, &state.order.tree, &state.phase}) {
    *text = "x";
  }
  state.needs_reset = true;
  std::set<std::string> keys;
  for (const auto& [key, text] : to_message(state).fields) {
    EXPECT_TRUE(keys.insert(key).second) << key;
  }
}

}  // namespace
}  // namespace holdfast::wire
