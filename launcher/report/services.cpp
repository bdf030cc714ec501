#include "report/services.hpp"

#include "base/text.hpp"
#include "report/describe.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast {
namespace {

std::string death_text(const ServiceReport& service, const ServiceDeath& death) {
  const std::vector<std::string>& names = death.users;
  std::string text = brief(service.name);
  if (service.instance > 0) text += fmt::format(" (instance {})", service.instance + 1);
  text += names.empty() ? " died while no test used it"
                        : " died during " + bounded_list(names, k_names_shown, brief);
  if (names.size() == 1) text += " (alone)";
  const bool is_followed = service.generation > death.generation;
  text += is_followed ? fmt::format("; generation {} from then on", death.generation + 1)
                      : "; no test needed it from then on";
  return service.shard_name.empty() ? text : text + "; in " + brief(service.shard_name);
}

// A death has two records: of a generation that tests used, and of one that never got ready.
void note(ServiceReport& service, const ServiceRecord& record) {
  std::vector<ServiceGeneration>& all = service.generations;
  const bool is_last = !all.empty() && all.back().number == record.generation;
  if (record.event == "started") {
    if (!service.started) service.started = record.at;
    service.ended.reset();
    service.outcome = "started";
    // One that was ended on purpose has no record of its end.
    if (!all.empty() && !all.back().ended) all.back().ended = record.at;
    all.push_back({record.generation, record.at});
  } else if (record.event == "ready") {
    service.outcome = "ready";
    if (is_last) all.back().ready = record.at;
  } else if (record.event == "died") {
    service.ended = record.at;
    service.outcome = service.outcome == "ready" ? "died" : "unavailable";
    if (service.outcome == "died")
      service.deaths.push_back({record.generation, record.users, record.at});
    if (is_last) all.back().ended = record.at;
  }
}

}  // namespace

void CollectedServices::add(const ServiceRecord& record) {
  if (record.event == "red_use") {
    ServiceOutput part{record.service, record.instance, record.generation, record.log};
    part.head = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.log_head));
    part.from = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.log_from.value_or(0)));
    if (record.log_to)
      part.to = static_cast<std::uint64_t>(std::max<std::int64_t>(0, *record.log_to));
    return outputs_[record.user].push_back(std::move(part));
  }
  auto found = std::ranges::find_if(services_, [&](const ServiceReport& service) {
    return service.name == record.service && service.instance == record.instance;
  });
  if (found == services_.end()) {
    services_.push_back({.name = record.service, .instance = record.instance});
    found = std::prev(services_.end());
  }
  found->generation = std::max(found->generation, record.generation);
  note(*found, record);
}

std::vector<ServiceOutput> CollectedServices::take_outputs(const std::string& attempt) {
  const auto found = outputs_.find(attempt);
  if (found == outputs_.end()) return {};
  return std::exchange(found->second, {});
}

std::string text_of(const ServiceOutput& printed) {
  std::string text = "service " + brief(printed.name);
  if (printed.instance > 0) text += fmt::format(" (instance {})", printed.instance + 1);
  return text + fmt::format(", generation {}", printed.generation);
}

std::vector<ServiceReport> CollectedServices::take(const RunInfo& run, RunState state) {
  for (ServiceReport& service : services_) {
    if (service.ended || state == RunState::going_on) continue;
    service.ended = run.ended;
    service.outcome = "ended";
    if (!service.generations.empty()) service.generations.back().ended = run.ended;
  }
  return std::exchange(services_, {});
}

std::vector<std::string> service_deaths(const RunReport& report) {
  std::vector<std::string> texts;
  for (const ServiceReport& service : report.services) {
    for (const ServiceDeath& death : service.deaths) texts.push_back(death_text(service, death));
  }
  return texts;
}

}  // namespace holdfast
