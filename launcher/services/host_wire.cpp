#include "services/host_wire.hpp"

#include "values/fields.hpp"

namespace holdfast::wire {

constexpr std::string_view k_kind = "service";

void each_field(Any<HostOrder> auto& order, auto&& use) {
  use("name", order.spec.name);
  use("origin", order.spec.origin);
#define HOLDFAST_SERVICE_KEY(field, key, ...) use(key, order.spec.field);
#include "values/service_keys.def"
  use("ctest", order.ctest);
  use("attempt", order.attempt);
  use("instance-number", order.instance);
  use("generation", order.generation);
  use("port", order.ports);
  use("keep", order.kept);
  use("dependents", order.dependents);
  use("before", order.before);
  use("containment", order.containment);
  use("must_be_contained", order.must_be_contained);
  use("network", order.network);
  use("cgroup", order.cgroup);
  use("log", order.log);
  use("scratch", order.scratch);
  use("kept_at", order.kept_at);
  use("tree", order.tree);
}

void each_field(Any<KeptState> auto& state, auto&& use) {
  each_field(state.order, use);
  use("phase", state.phase);
  use("main", state.main);
  use("used_by", state.user, k_needed);  // in another version of Holdfast it is another field
  use("needs_reset", state.needs_reset);
  use("host", state.host);
  use("end", state.end);
}

void HostOrder::take_told(std::uint16_t port) {
  if (port == 0) return;
  if (ports.empty()) ports.resize(1);
  ports.front() = port;
}

void each_field(Any<HostNews> auto& news, auto&& use) {
  use("why", news.why);
  use("log_size", news.log_size, k_needed);
  use("last_lines", news.last_lines);
  use("pid", news.main, 0);
  use("port", news.port, 0);
}

Message to_message(const HostNews& news) { return written(name_of(news.kind), news); }
Result<HostNews> to_host_news(const Message& message) {
  const std::optional<ServiceNews> kind = named<ServiceNews>(message.kind);
  if (!kind) return not_understood("kind", message);
  HOLDFAST_TRY(HostNews news, read_as<HostNews>(message.kind, message));
  news.kind = *kind;
  return news;
}

Message to_message(const KeptState& state) { return written(k_state, state); }
Result<KeptState> to_kept_state(const Message& message) {
  return read_as<KeptState>(k_state, message);
}

Message to_message(const HostOrder& order) { return written(k_kind, order); }
Result<HostOrder> to_host_order(const Message& message) {
  return read_as<HostOrder>(k_kind, message);
}

}  // namespace holdfast::wire
