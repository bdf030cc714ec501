#include "forensics/probes.hpp"

#include <functional>
#include <memory>

#include "forensics/git_status.hpp"
#include "forensics/machine_probe.hpp"
#include "forensics/program_probe.hpp"
#include "os/bounded_work.hpp"
#include "os/system_call.hpp"

namespace holdfast::forensics {
namespace {

using Look = std::function<Result<std::string>()>;
using Work = std::unique_ptr<os::BoundedWork>;

Work start(const Look& look, Milliseconds time) {
  os::BoundedOrder order;
  order.work = look;
  order.time = time;
  return std::make_unique<os::BoundedWork>(order);
}

Finding finding_of(const std::string& probe, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  switch (end.kind) {
    case Kind::exited:
      if (end.code == 0) return {probe, false, end.output};
      return {probe, true, "failed to " + end.output};
    case Kind::too_late:
      return {probe, true, "no answer within " + describe(time)};
    case Kind::signalled:
      return {probe, true, "the probe died of signal " + std::to_string(end.code)};
    case Kind::not_started:
      return {probe, true, os::system_error("failed to start the probe", end.code).message};
  }
  return {probe, true, "no answer"};
}

}  // namespace

std::vector<Finding> look_around(const Subject& subject, Milliseconds time) {
  struct Probe {
    std::string name;
    Work work;
  };
  std::vector<Probe> probes;
  if (!subject.program.empty()) {
    probes.push_back(
        {"program", start([&] { return look_at_program(subject.program, subject.before); }, time)});
    probes.push_back(
        {"directory", start([&] { return look_at_directory(subject.program); }, time)});
  }
  if (!subject.sources.empty()) {
    probes.push_back(
        {"git", std::make_unique<os::BoundedWork>(git_status_order(subject.sources, time))});
  }
  probes.push_back({"machine", start(look_at_machine, time)});
  probes.push_back({"locks", start(look_at_locks, time)});
  std::vector<os::BoundedWork*> works;
  for (const Probe& probe : probes) works.push_back(probe.work.get());
  os::await(works);
  std::vector<Finding> findings;
  for (const Probe& probe : probes) {
    const os::BoundedEnd& end = probe.work->end();
    findings.push_back(probe.name == "git" ? git_finding(end, subject.sources, time)
                                           : finding_of(probe.name, end, time));
  }
  return findings;
}

}  // namespace holdfast::forensics
