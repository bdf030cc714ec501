#include "core/service/service_words.hpp"

#include "core/base/number.hpp"

#include <algorithm>

namespace holdfast {
namespace {

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

}  // namespace

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

}  // namespace holdfast
