#include "keeper/service/service_accounts.hpp"

#include <fmt/core.h>
#include <algorithm>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_line = 160;

std::string health_in_words(const ServiceAccount& account, Milliseconds now) {
  if (account.answered.count() == 0) return "its health was not asked for";
  return fmt::format(
      "{} {} before",
      account.trouble.empty() ? "it was well" : "it was not well (" + brief(account.trouble) + ")",
      describe(now - account.answered));
}

}  // namespace

std::string describe(const ServiceAccount& account, unsigned generation, std::string_view state,
                     Milliseconds now) {
  std::string text = fmt::format("{} generation {} ", account.name, generation);
  text += account.lost.empty() ? std::string(state) : "was lost (" + brief(account.lost) + ")";
  if (account.pid > 0) text += fmt::format(", pid {}", account.pid);
  if (!account.ports.empty()) text += ", port " + account.ports;
  if (account.ready.count() > 0) {
    text += fmt::format(", ready since {}", describe(now - account.ready));
  }
  text += "\n  " + health_in_words(account, now);
  for (std::string_view lines = account.last_lines; !lines.empty();) {
    text += "\n  | " + printable(take_part(lines, '\n').substr(0, k_longest_line));
  }
  return text;
}

void ServiceAccounts::hear(const ServiceHost& host, const wire::Message& message,
                           Milliseconds now) {
  ServiceAccount& account = of(host.id, host.order.generation);
  account.name = name_of_instance(host.order.spec.name, host.id.number);
  account.pid = host.main;
  account.ports = ports_in_text(host.order.ports);
  if (message.kind == wire::k_ready) account.ready = now;
  if (message.kind == wire::k_healthy || message.kind == wire::k_unhealthy) {
    account.answered = now;
    account.trouble = message.get("why");
  }
  if (!message.get("last_lines").empty()) account.last_lines = message.get("last_lines");
}

void ServiceLogs::begin(UseId use, const ServiceHost& host, unsigned generation) {
  std::vector<ServiceRecord>& parts = parts_[use];
  const bool is_known = std::ranges::any_of(
      parts, [&](const ServiceRecord& part) { return part.log == host.order.log; });
  if (is_known) return;
  ServiceRecord part;
  part.event = "red_use";
  part.service = host.order.spec.name;
  part.instance = host.id.number;
  part.generation = generation;
  part.log = host.order.log;
  part.log_from = static_cast<std::int64_t>(host.log_size);
  part.log_head = static_cast<std::int64_t>(host.order.spec.log_limit / 2);
  parts.push_back(std::move(part));
}

std::vector<ServiceRecord> ServiceLogs::take(UseId use, const std::vector<ServiceHost>& hosts) {
  std::vector<ServiceRecord> parts = std::move(parts_[use]);
  parts_.erase(use);
  for (ServiceRecord& part : parts) {
    const auto host = std::ranges::find_if(
        hosts, [&](const ServiceHost& one) { return one.order.log == part.log; });
    // A lost generation prints until its end, and its host does not tell how much. So its part goes
    // to the end of the log.
    if (host == hosts.end() || host->has_died) continue;
    part.log_to = static_cast<std::int64_t>(host->log_size);
  }
  std::erase_if(parts, [](const ServiceRecord& part) { return part.log_to == part.log_from; });
  return parts;
}

}  // namespace holdfast
