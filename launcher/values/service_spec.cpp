#include "values/service_spec.hpp"

#include <algorithm>

#include "values/lock_spec.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_name = 64;

bool is_in_name(char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }

// Returns the number of the port that `port`, `port2` … stand for, counted from 1. None: the word
// stands for no port.
std::optional<unsigned> port_number(std::string_view word) {
  if (word == "port") return 1;
  if (!word.starts_with("port")) return std::nullopt;
  const std::optional<unsigned> number = parse_number<unsigned>(word.substr(4));
  return number && *number >= 1 && *number <= k_most_service_ports ? number : std::nullopt;
}

std::optional<std::string> meaning_of(std::string_view word, const ServiceWords& words) {
  if (word == "name") return words.name;
  if (word == "instance") return std::to_string(words.instance);
  if (word == "dir") return words.directory;
  const std::optional<unsigned> port = port_number(word);
  if (!port || *port > words.ports.size()) return std::nullopt;
  return std::to_string(words.ports[*port - 1]);
}

// Calls `use` with each word in braces, and with where it begins and ends in the text.
template <typename Use>
void each_word(std::string_view text, Use use) {
  std::size_t at = 0;
  while ((at = text.find('{', at)) != std::string_view::npos) {
    const std::size_t end = text.find_first_of("{}", at + 1);
    if (end == std::string_view::npos) return;
    if (text[end] == '}') use(text.substr(at + 1, end - at - 1), at, end + 1);
    at = text[end] == '}' ? end + 1 : end;
  }
}

template <typename Probe, typename Use>
void each_text(Probe& probe, Use use) {
  use(probe.tcp);
  use(probe.unix_socket);
  use(probe.http);
  for (auto& word : probe.command) use(word);
}

template <typename Spec, typename Use>
void each_text_before_ready(Spec& service, Use use) {
  for (auto& word : service.command) use(word);
  for (auto& variable : service.environment) use(variable.value);
  use(service.directory);
  each_text(service.ready, use);
}

template <typename Spec, typename Use>
void each_later_text(Spec& service, Use use) {
  each_text(service.health, use);
  for (auto* command : {&service.init, &service.reset, &service.stop}) {
    for (auto& word : *command) use(word);
  }
}

constexpr Milliseconds k_least_stop_time{5'000};

}  // namespace

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= k_longest_name && std::ranges::all_of(name, is_in_name);
}

Result<ServiceUse> parse_service_use(std::string_view text) {
  const std::string found = "\"" + std::string(text) + "\"";
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (!is_service_name(name)) {
    return BadValue(found,
                    "NAME[:shared|:exclusive|:fresh], where NAME has letters, "
                    "digits, `_`, `-` and `.`");
  }
  ServiceUse use{std::string(name)};
  if (colon == std::string_view::npos) return use;
  const std::optional<ServiceMode> mode = named<ServiceMode>(text.substr(colon + 1));
  if (!mode) return BadValue(found, alternatives(words_of(ServiceMode{})) + " after `:`");
  use.mode = *mode;
  return use;
}

std::string to_text(const AcquiredService& used) {
  return text_of({used.name, "#", std::to_string(used.generation)});
}

AcquiredService to_had_service(std::string_view text) {
  const std::size_t mark = std::min(text.size(), text.rfind('#'));
  const std::string_view number = text.substr(std::min(text.size(), mark + 1));
  return {std::string(text.substr(0, mark)), parse_number<unsigned>(number).value_or(0)};
}

std::string to_text(const ServiceUse& use) {
  std::string text = use.name;
  if (use.mode != ServiceMode::shared) text.append(":").append(name_of(use.mode));
  return text;
}

std::string names_of(const std::vector<ServiceUse>& uses) {
  return separated(uses, ", ", &ServiceUse::name);
}

void add_use(const ServiceUse& use, std::vector<ServiceUse>& uses) {
  for (ServiceUse& there : uses) {
    if (there.name != use.name) continue;
    there.mode = std::max(there.mode, use.mode);
    return;
  }
  uses.push_back(use);
}

std::string filled(std::string_view text, const ServiceWords& words) {
  std::string result;
  std::size_t done = 0;
  each_word(text, [&](std::string_view word, std::size_t begin, std::size_t end) {
    const std::optional<std::string> meaning = meaning_of(word, words);
    if (!meaning) return;
    result.append(text, done, begin - done).append(*meaning);
    done = end;
  });
  return result.append(text, done);
}

ServiceSpec filled(const ServiceSpec& service, const ServiceWords& words) {
  ServiceSpec result = service;
  const auto fill = [&words](std::string& text) { text = filled(text, words); };
  each_text_before_ready(result, fill);
  each_later_text(result, fill);
  return result;
}

PortsNamed ports_named(const ServiceSpec& service) {
  PortsNamed named;
  const auto note = [](unsigned& greatest) {
    return [&greatest](const std::string& text) {
      each_word(text, [&greatest](std::string_view word, std::size_t, std::size_t) {
        greatest = std::max(greatest, port_number(word).value_or(0));
      });
    };
  };
  each_text_before_ready(service, note(named.before_ready));
  each_later_text(service, note(named.later));
  return named;
}

bool names_place(const ServiceProbe& probe) {
  return !probe.tcp.empty() || !probe.unix_socket.empty() || !probe.http.empty();
}

std::optional<Result<Endpoint>> endpoint_of(const ServiceProbe& probe) {
  if (!probe.tcp.empty()) return parse_endpoint(probe.tcp);
  if (!probe.http.empty()) return parse_http_endpoint(probe.http);
  return std::nullopt;
}

std::vector<std::string_view> kinds_of(const ServiceProbe& probe) {
  std::vector<std::string_view> kinds;
  if (!probe.tcp.empty()) kinds.emplace_back("tcp");
  if (!probe.unix_socket.empty()) kinds.emplace_back("unix");
  if (!probe.http.empty()) kinds.emplace_back("http");
  if (!probe.command.empty()) kinds.emplace_back("command");
  if (!probe.output.empty()) kinds.emplace_back("output");
  return kinds;
}

ServiceProbe ServiceSpec::health_probe() const {
  if (!kinds_of(health).empty()) return health;
  ServiceProbe probe = ready;
  probe.output.clear();
  return probe;
}

ServiceProbe ServiceSpec::proof() const {
  return !names_place(ready) && names_place(health) ? health : ServiceProbe{};
}

Milliseconds ServiceSpec::stop_time() const { return std::max(grace, k_least_stop_time); }

std::string variable_of_service(std::string_view service, std::string_view word) {
  return text_of({environment::k_service_prefix, slot_variable(service), "_", word});
}

std::uint16_t fixed_port(const ServiceSpec& service) {
  std::optional<Result<Endpoint>> place = endpoint_of(service.ready);
  if (!place) place = endpoint_of(service.health);
  // A placeholder is no port. The probe reports a place that makes no sense.
  return place && *place ? (*place)->port : std::uint16_t{0};
}

}  // namespace holdfast
