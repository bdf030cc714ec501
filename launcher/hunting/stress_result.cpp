#include "hunting/stress_result.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr double k_significant = 0.01;

std::string percent(double rate) { return fmt::format("{:.2g} %", 100 * rate); }

std::string rate_with_bounds(const Tally& tally) {
  const auto [low, high] = bounds_of(tally);
  return fmt::format("{}; with a certainty of 95 %, between {} and {}", percent(tally.rate()),
                     percent(low), percent(high));
}

// `chance` is above 0.
std::string odds_in_words(double chance) {
  if (chance > 1e-4) return fmt::format("1 in {:.0f}", 1 / chance);
  return fmt::format("less than 1 in 10^{:.0f}", std::floor(-std::log10(chance)));
}

bool is_tested(const StressResult& result, Vary kind) {
  VarySet only;
  only.add(kind);
  const std::uint64_t with = result.with(only).runs;
  return with > 0 && with < result.all().runs;
}

Likeliest compare(const StressResult& result, const VarySet& vary) {
  const Tally all = result.all();
  Likeliest found{vary, result.with(vary), {}, 1};
  found.without = {all.runs - found.with.runs, all.failures - found.with.failures};
  found.chance = chance_of(found.with, found.without);
  return found;
}

std::string failures_in_text(const StressResult& result) {
  std::string text;
  for (const SeenFailure& one : result.failures) {
    text += fmt::format("  {}: {}\n    first output: {}\n", counted(one.count, "time"),
                        one.signature, one.first_output);
  }
  return text;
}

std::string likeliest_in_text(const StressResult& result) {
  const std::optional<Likeliest> found = likeliest_of(result);
  if (!found) return "  no variation makes it more likely than the others, as far as this shows\n";
  return fmt::format(
      "  likeliest with {}: {} of {} runs failed with it, {} of {} without it (by chance: {})\n",
      to_text(found->vary), found->with.failures, found->with.runs, found->without.failures,
      found->without.runs, odds_in_words(found->chance));
}

}  // namespace

Tally StressResult::all() const { return with({}); }

Tally StressResult::with(const VarySet& wanted) const {
  Tally sum;
  for (const auto& [on, tally] : tallies) {
    if (on.has_all(wanted)) sum += tally;
  }
  return sum;
}

std::optional<Likeliest> likeliest_of(const StressResult& result) {
  VarySet passed;
  std::size_t tested = 0;
  for (std::size_t i = 0; i < k_varies; ++i)
    tested += is_tested(result, static_cast<Vary>(i)) ? 1 : 0;
  for (std::size_t i = 0; i < k_varies; ++i) {
    VarySet only;
    only.add(static_cast<Vary>(i));
    if (!is_tested(result, static_cast<Vary>(i))) continue;
    const double chance = compare(result, only).chance;
    if (chance * static_cast<double>(tested) < k_significant) passed.add(static_cast<Vary>(i));
  }
  if (passed.is_empty()) return std::nullopt;
  return compare(result, passed);
}

std::string command_for(const StressResult& result) {
  if (result.failures.empty()) return {};
  std::string vary;
  if (const std::optional<Likeliest> found = likeliest_of(result)) {
    vary = to_text(found->vary);
  } else {
    // The rounds that failed most often.
    const auto most = std::ranges::max_element(
        result.tallies, {}, [](const auto& entry) { return bounds_of(entry.second).low; });
    vary = to_text(most->first);
  }
  std::string words;
  for (const std::string_view kind : TextParts{vary, ','}) {
    words += text_of({words.empty() ? "" : ",", kind, "=on"});
  }
  if (vary == "nothing") words = "none";
  return text_of({"holdfast stress ", for_shell(result.test), " --until-fail --vary ", words,
                  " --seed ", std::to_string(result.seed)});
}

std::string progress_of(const StressResult& result) {
  const Tally all = result.all();
  std::string line = fmt::format("{}, {} failed", counted(all.runs, "run"), all.failures);
  if (all.failures == 0) return line;
  const auto [low, high] = bounds_of(all);
  line += fmt::format(" ({} to {})", percent(low), percent(high));
  for (const SeenFailure& one : result.failures) {
    line += fmt::format("; {}: {}", one.count, one.signature);
  }
  return line;
}

std::string to_text(const StressResult& result) {
  const Tally all = result.all();
  const std::string name = printable(result.test);
  std::string text;
  if (!result.trouble.empty()) text += fmt::format("{}: {}\n", name, result.trouble);
  if (all.runs == 0) return text.empty() ? name + ": no run was seen to its end\n" : text;
  if (all.failures == 0) {
    return text +
           fmt::format(
               "{}: passed in all of {}; with a certainty of 95 %, less than 1 run in {:.0f} "
               "fails\n",
               name, counted(all.runs, "run"), std::floor(1 / bounds_of(all).high));
  }
  text += fmt::format("{}: failed in {} of {} ({})\n", name, all.failures, counted(all.runs, "run"),
                      rate_with_bounds(all));
  VarySet delay;
  delay.add(Vary::delay);
  if (result.with(delay).failures > 0) {
    text += "  stops (--vary delay) may make a test fail that is right\n";
  }
  return text + failures_in_text(result) + likeliest_in_text(result) +
         "  again: " + command_for(result) + "\n";
}

Json to_json(const StressResult& result) {
  const Tally all = result.all();
  const auto [low, high] = bounds_of(all);
  Json json;
  json["test"] = valid_utf8(result.test);
  json["runs"] = all.runs;
  json["failed"] = all.failures;
  json["rate"] = all.rate();
  json["rate_low"] = low;
  json["rate_high"] = high;
  json["seconds"] = result.seconds;
  json["interrupted"] = result.was_interrupted;
  json["failures"] = json_list(result.failures, [](const SeenFailure& one) {
    return Json{{"signature", valid_utf8(one.signature)},
                {"count", one.count},
                {"first_output", one.first_output},
                {"run", one.first_run}};
  });
  json["variations"] = json_list(result.tallies, [](const auto& entry) {
    return Json{{"vary", to_text(entry.first)},
                {"runs", entry.second.runs},
                {"failed", entry.second.failures}};
  });
  json["likeliest"] = nullptr;
  if (const std::optional<Likeliest> found = likeliest_of(result)) {
    json["likeliest"] = {{"vary", to_text(found->vary)},
                         {"rate", found->with.rate()},
                         {"rate_without", found->without.rate()},
                         {"chance", found->chance}};
  }
  json["seed"] = result.seed;
  json["command"] = command_for(result);
  if (!result.trouble.empty()) json["trouble"] = valid_utf8(result.trouble);
  return json;
}

}  // namespace holdfast
