#include "core/settings/host_wire.hpp"

#include <concepts>
#include <type_traits>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_kind = "service";

template <typename Number>
concept Whole = std::is_integral_v<Number> && !std::is_same_v<Number, bool>;

template <Whole Number>
void add(Message& message, std::string_view key, Number number) {
  message.add(key, std::to_string(number));
}
void add(Message& message, std::string_view key, bool flag) {
  if (flag) message.add(key, "1");
}
void add(Message& message, std::string_view key, Milliseconds time) {
  message.add(key, std::to_string(time.count()));
}
void add(Message& message, std::string_view key, const std::string& text) {
  message.add(key, text);
}
void add(Message& message, std::string_view key, const ProcessName& process) {
  message.add(key, to_text(process));
}
void add(Message& message, std::string_view key, Containment containment) {
  message.add(key, to_text(containment));
}
void add(Message& message, std::string_view key, const Variable& variable) {
  message.add(key, variable.name + "=" + variable.value);
}
template <typename One>
void add(Message& message, std::string_view key, const std::vector<One>& several) {
  for (const One& one : several) add(message, key, one);
}

template <Whole Number>
bool read(std::string_view text, Number& number) {
  const std::optional<Number> found = parse_number<Number>(text);
  number = found.value_or(number);
  return found.has_value();
}
bool read(std::string_view text, bool& flag) {
  flag = text == "1";
  return flag;
}
bool read(std::string_view text, Milliseconds& time) {
  std::int64_t count = 0;
  if (!read(text, count)) return false;
  time = Milliseconds{count};
  return true;
}
bool read(std::string_view text, std::string& field) {
  field = text;
  return true;
}
bool read(std::string_view text, ProcessName& process) {
  const Result<ProcessName> found = parse_process_name(text);
  if (found) process = *found;
  return static_cast<bool>(found);
}
bool read(std::string_view text, Containment& containment) {
  const Result<Containment> found = parse_containment(text);
  if (found) containment = *found;
  return static_cast<bool>(found);
}
bool read(std::string_view text, Variable& variable) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  variable = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  return true;
}
template <typename One>
bool read(std::string_view text, std::vector<One>& several) {
  One one{};
  if (!read(text, one)) return false;
  several.push_back(std::move(one));
  return true;
}

// Calls `use` with the key and the field of all that an order has.
template <typename Order, typename Use>
requires std::same_as<std::remove_const_t<Order>, HostOrder>
void each_field(Order& order, Use use) {
  use("name", order.spec.name);
  use("origin", order.spec.origin);
#define HOLDFAST_SERVICE_KEY(field, key, ...) use(key, order.spec.field);
#include "core/service/service_keys.def"
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

template <typename State, typename Use>
requires std::same_as<std::remove_const_t<State>, KeptState>
void each_field(State& state, Use use) {
  each_field(state.order, use);
  use("phase", state.phase);
  use("main", state.main);
  use("used_by", state.user);
  use("needs_reset", state.needs_reset);
  use("host", state.host);
  use("end", state.end);
}

template <typename Whole>
Message written(std::string_view kind, const Whole& whole) {
  Message message(kind);
  each_field(whole,
             [&message](std::string_view key, const auto& field) { add(message, key, field); });
  return message;
}

template <typename Whole>
Result<Whole> read_message(std::string_view kind, const Message& message) {
  if (message.kind != kind) {
    return ErrorInWords{text_of({"expected a ", kind, ", found a message of kind ", message.kind})};
  }
  Whole whole;
  std::string wrong;
  each_field(whole, [&](std::string_view key, auto& field) {
    for (const auto& [name, text] : message.fields) {
      if (name == key && !read(text, field)) wrong = key;
    }
  });
  if (wrong.empty()) return whole;
  return ErrorInWords{text_of({"the field ", wrong, " of a ", kind, " is not understood"})};
}

}  // namespace

Message to_message(const KeptState& state) { return written(k_state, state); }
Result<KeptState> to_kept_state(const Message& message) {
  return read_message<KeptState>(k_state, message);
}

Message to_message(const HostOrder& order) { return written(k_kind, order); }
Result<HostOrder> to_host_order(const Message& message) {
  return read_message<HostOrder>(k_kind, message);
}

}  // namespace holdfast::wire
