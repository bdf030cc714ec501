#include "report/bundle/merge.hpp"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "report/run_report.hpp"

namespace holdfast {
namespace {

// Asks the outputs of the shard.
class OutputsOfShards final : public Outputs {
 public:
  void add(std::unique_ptr<Outputs> outputs) { shards_.push_back(std::move(outputs)); }

  Printed of(const TestReport& test) override { return shards_.at(test.shard)->of(test); }
  std::string of(const Case& one) override { return shards_.at(one.shard)->of(one); }
  std::string of(const Attempt& earlier) override { return shards_.at(earlier.shard)->of(earlier); }
  std::string of(const ServiceOutput& part) override { return shards_.at(part.shard)->of(part); }

 private:
  std::vector<std::unique_ptr<Outputs>> shards_;
};

void mark(TestReport& test, std::size_t shard, const std::string& name) {
  test.shard = shard;
  test.shard_name = name;
  for (Case& one : test.cases) one.shard = shard;
  for (Attempt& attempt : test.attempts) {
    attempt.shard = shard;
    for (ServiceOutput& part : attempt.service_outputs) part.shard = shard;
  }
}

template <typename Item>
void append(std::vector<Item>& to, std::vector<Item> from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// Keeps what is the same in all shards.
template <typename T>
void keep_common(T& common, const T& one, bool is_first) {
  if (is_first)
    common = one;
  else if (common != one)
    common = T();
}

using Earlier = bool (*)(double, double);
void keep_extreme(std::optional<double>& kept, const std::optional<double>& one,
                  Earlier is_better) {
  if (one && (!kept || is_better(*one, *kept))) kept = one;
}

void add_run(RunInfo& all, const Shard& shard, bool is_first) {
  const RunInfo& run = shard.run;
  keep_common(all.tree, run.tree, is_first);
  keep_common(all.version, run.version, is_first);
  keep_common(all.command, run.command, is_first);
  all.complete = run.complete && (is_first || all.complete);
  all.has_log = run.has_log && (is_first || all.has_log);
  all.unrecorded += run.unrecorded;
  append(all.address_in_use, run.address_in_use);
  append(all.ran_nothing, run.ran_nothing);
  keep_extreme(all.started, run.started, [](double a, double b) { return a < b; });
  keep_extreme(all.ended, run.ended, [](double a, double b) { return a > b; });
  const bool is_earliest = all.keeper_until == 0 || run.keeper_until < all.keeper_until;
  if (run.keeper_until > 0 && is_earliest) all.keeper_until = run.keeper_until;
  if (run.retries.empty()) return;
  all.retries += (all.retries.empty() ? "" : "; ") + shard.name + ": " + run.retries;
}

void add_flaws(RunReport& all, const RunReport& one, const std::string& name) {
  all.flaws += one.flaws;
  all.cut_off = all.cut_off || one.cut_off;
  for (const Complaint& complaint : one.complaints) {
    if (all.complaints.size() == k_max_complaints) return;
    all.complaints.push_back({complaint.line, complaint.what + ", in " + name});
  }
}

// All shards have the same plan, unless a journal is damaged. What one of them plans is planned.
void add_plan(RunDivision& all, const RunDivision& one) {
  for (const auto& [shard, tests] : one.tests) {
    std::vector<std::string>& known = all.tests[shard];
    if (known == tests) continue;
    std::multiset<std::string_view> left(known.begin(), known.end());
    std::vector<std::string> more;
    for (const std::string& test : tests) {
      const auto same = left.extract(test);
      if (same.empty()) more.push_back(test);
    }
    append(known, std::move(more));
  }
}

void add_shard(RunReport& all, RunReport& one, const std::string& name) {
  const std::size_t shard = all.shards.size();
  all.shards.push_back({name, one.run, one.steps.size(), one.division.shard});
  add_run(all.run, all.shards.back(), shard == 0);
  for (TestReport& test : one.tests) mark(test, shard, name);
  for (ServiceReport& service : one.services) {
    service.shard = shard;
    service.shard_name = name;
  }
  append(all.tests, std::move(one.tests));
  append(all.services, std::move(one.services));
  append(all.changed_sources, std::move(one.changed_sources));
  all.more_changed_sources += one.more_changed_sources;
  append(all.steps, std::move(one.steps));
  if (shard == 0)
    all.division = std::move(one.division);
  else
    add_plan(all.division, one.division);
  add_flaws(all, one, name);
}

std::string division_of(const NamedReport& shard) {
  const RunDivision& division = shard.loaded.report.division;
  if (division.fingerprint.empty()) return printable(shard.name) + " is no shard of a division";
  return fmt::format("{} is shard {} of division {}", printable(shard.name),
                     printable(division.shard), printable(division.fingerprint));
}

struct Times {
  std::size_t in_one_shard = 0;  // how many tests have the name
  std::size_t planned = 0;
  std::size_t ran = 0;
};

// Finds the planned tests that no shard has on record, and those that ran more often than planned.
// Without a division there are none.
void check_against_division(RunReport& merged) {
  std::unordered_map<std::string_view, Times> times;
  std::vector<std::string_view> names;  // in the order of the division
  for (const auto& [shard, tests] : merged.division.tests) {
    std::unordered_map<std::string_view, std::size_t> here;
    for (const std::string& test : tests) {
      const auto [one, is_new] = times.try_emplace(test);
      if (is_new) names.push_back(test);
      ++one->second.planned;
      // A shard that has a name has all tests of that name.
      if (++here[test] > one->second.in_one_shard) one->second.in_one_shard = here[test];
    }
  }
  if (names.empty()) return;
  for (const TestReport& test : merged.tests) {
    const auto [one, is_new] = times.try_emplace(test.name);
    if (is_new) names.push_back(test.name);
    ++one->second.ran;
  }
  for (const std::string_view name : names) {
    const Times& one = times[name];
    if (one.ran < one.in_one_shard) merged.missing.emplace_back(name);
    if (one.ran > one.planned) merged.too_often.emplace_back(name);
  }
}

}  // namespace

Result<LoadedReport> merge_shards(std::vector<NamedReport> shards) {
  RunReport all;
  auto outputs = std::make_unique<OutputsOfShards>();
  for (NamedReport& shard : shards) {
    const RunInfo& run = shard.loaded.report.run;
    const auto same = std::ranges::find_if(all.shards, [&](const Shard& other) {
      return other.run.id == run.id && other.run.tree == run.tree &&
             other.run.started == run.started;
    });
    if (same != all.shards.end()) {
      return Error{fmt::format("merge {} and {}: both are run {}", same->name, shard.name, run.id)};
    }
    add_shard(all, shard.loaded.report, shard.name);
    outputs->add(std::move(shard.loaded.outputs));
  }
  all.division.shard.clear();
  check_against_division(all);
  all.counts = count(all.tests);
  return LoadedReport{std::move(all), std::move(outputs)};
}

std::string different_divisions(const std::vector<NamedReport>& shards) {
  for (const NamedReport& shard : shards) {
    const NamedReport& first = shards.front();
    if (shard.loaded.report.division.fingerprint == first.loaded.report.division.fingerprint)
      continue;
    return fmt::format(
        "report merge: {}, but {}: expected shards of one list of tests, one N and "
        "one file of times",
        division_of(first), division_of(shard));
  }
  return {};
}

}  // namespace holdfast
