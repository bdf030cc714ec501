#include "forensics/probes.hpp"

#include <utility>

#include "forensics/git_status.hpp"
#include "forensics/machine_probe.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::forensics {
namespace {

Finding finding_of(const std::string& probe, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  switch (end.kind) {
    case Kind::exited:
      if (end.code == 0) return {probe, false, end.output};
      return {probe, true, end.output};
    case Kind::too_late:
      return {probe, true, "no answer within " + describe(time)};
    case Kind::signalled:
      return {probe, true, "the probe died of signal " + std::to_string(end.code)};
    case Kind::not_started:
      return {probe, true, to_text(os::system_error("start the probe", end.code))};
  }
  return {probe, true, "no answer"};
}

}  // namespace

Probes::Probes(const Subject& subject, Milliseconds time) : sources_(subject.sources), time_(time) {
  if (!subject.program.empty()) {
    add("program", [&] { return look_at_program(subject.program, subject.before); });
    add("directory", [&] { return look_at_directory(subject.program); });
  }
  if (!subject.inputs.empty()) add("inputs", [&] { return look_at_inputs(subject.inputs); });
  if (!sources_.empty()) add("git", git_status_order(sources_, time));
  if (subject.is_on_this_machine) add("machine", look_at_machine);
  if (!subject.locks.empty()) add("locks", [&] { return look_at_locks(subject.locks); });
}

void Probes::add(std::string name, const os::BoundedOrder& order) {
  probes_.push_back({std::move(name), std::make_unique<os::BoundedWork>(order)});
}

void Probes::add(std::string name, std::function<Result<std::string>()> look) {
  os::BoundedOrder order;
  order.work = std::move(look);
  order.time = time_;
  add(std::move(name), order);
}

std::vector<os::BoundedWork*> Probes::works() const {
  std::vector<os::BoundedWork*> works;
  for (const Probe& probe : probes_) works.push_back(probe.work.get());
  return works;
}

std::vector<Finding> Probes::findings() const {
  std::vector<Finding> findings;
  for (const Probe& probe : probes_) {
    const os::BoundedEnd& end = probe.work->end();
    if (!probe.work->is_done()) {
      findings.push_back({probe.name, true, "cut short, the test was told to end"});
    } else if (probe.name == "git") {
      findings.push_back(git_finding(end, sources_, time_));
    } else {
      findings.push_back(finding_of(probe.name, end, time_));
    }
  }
  return findings;
}

}  // namespace holdfast::forensics
