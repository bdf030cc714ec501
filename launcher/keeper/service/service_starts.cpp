// Starts the generations of a run's services, or takes those that people keep.
#include "keeper/service/run_services.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/cgroup_name.hpp"
#include "core/base/names.hpp"
#include "core/service/service_words.hpp"
#include "keeper/service/kept_service.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

Result<void> make_directory(const std::string& path) {
  return os::make_own_directories(path, 0700);
}

}  // namespace

void RunServices::start(const ServiceOrder& order) {
  // The host is asked even if nothing in the tree says that people keep the service: they may have
  // removed .holdfast. A host that was told to end answers that it is ending.
  const KeptService kept(tree_, services_->specs()[order.instance.service].name);
  if (may_be_kept(order.instance) && kept_starts_.ask(order, kept)) return;
  start_own(order);
}

// A host that is ending makes room for the next generation by itself. The rest of a host that does
// not answer is ended here.
void RunServices::start_answered(KeptStarts::Answered answered) {
  const ServiceOrder& order = answered.start;
  const bool is_there = answered.host.connection.valid();
  if (answered.host.is_busy) {
    is_in_use_elsewhere_.insert(order.instance.service);
  } else if (is_there && answered.host.state.phase != "stopping") {
    return take_kept(order, std::move(answered.host));
  }
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  const KeptService kept(tree_, spec.name);
  if (!is_there && kept.is_noted()) {
    lines_.say(
        fmt::format("service {}: the host that people keep does not answer; the next "
                    "generation takes its place",
                    spec.name));
    end_rest_of(kept, spec);
  }
  start_own(order);
}

os::SharedNetwork& RunServices::network() {
  network_.want();
  return network_;
}

void RunServices::start_what_awaits_network() {
  if (await_network_.empty() || !network_.is_settled()) return;
  for (ServiceOrder& order : std::exchange(await_network_, {})) start_own(std::move(order));
}

void RunServices::start_own(ServiceOrder order) {
  if (has_network() && !network().is_settled()) {
    await_network_.push_back(std::move(order));
    return;
  }
  if (is_kept(order.instance)) {
    // Other runs may have kept later generations since this one began.
    const KeptService kept(tree_, services_->specs()[order.instance.service].name);
    order.generation = std::max(order.generation, kept.last_generation() + 1);
    services_->starts_as(order.instance, order.generation);
  }
  const Result<bool> ports = take_ports(order);
  if (!ports) return fail_to_start(order, to_text(ports.error()));
  if (!*ports) return;
  Result<ServiceHost> host = start_generation(order);
  if (!host) return fail_to_start(order, to_text(host.error()));
  hosts_.push_back(std::move(*host));
  record("started", order);
}

void RunServices::fail_to_start(const ServiceOrder& order, const std::string& why) {
  record("died", order, why);
  services_->happened(order.instance, {InstanceNews::Kind::died, why});
}

// Each host holds the locks of the ports too, as long as anything of its generation is there.
Result<bool> RunServices::take_ports(const ServiceOrder& order) {
  const std::string& name = services_->specs()[order.instance.service].name;
  LockParty holder;
  holder.process = ctest_;
  holder.boot = os::numbering_id();
  holder.test = "service " + name_of_instance(name, order.instance.number);
  holder.tree = tree_;
  return ports_.take(order, services_->specs(), holder,
                     network_.descriptor() >= 0 ? InNetwork::of_its_own : InNetwork::of_machine);
}

Result<ServiceHost> RunServices::start_generation(const ServiceOrder& order) {
  if (journal_.empty()) {
    return Error{"start it: the run has no directory for its output"};
  }
  const bool keeps =
      is_kept(order.instance) && !is_in_use_elsewhere_.contains(order.instance.service);
  wire::HostOrder host;
  host.ctest = ctest_;
  host.instance = order.instance.number;
  host.generation = order.generation;
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  host.spec.name = spec.name;
  if (Result<void> placed = place(host, keeps); !placed) return placed.error();
  if (Result<void> contained = contain(host); !contained) return contained.error();
  host.cgroup = cgroup_name(tree_, host.attempt);
  host.ports = ports_.of(order.instance).chosen();
  host.kept = ports_.of(order.instance).descriptors();
  host.spec = filled(spec, {spec.name, host.instance, host.ports, host.scratch});
  if (Result<void> lent = lend_to_user(host); !lent) return lent.error();
  if (!keeps) return start_host_among(order.instance, std::move(host));
  // A kept service outlives the run, so it has no place in the order in which the run ends
  // services.
  Result<ServiceHost> started = start_host(order.instance, std::move(host));
  if (started) started->is_kept = true;
  return started;
}

// A service has no /tmp of its own: the tests that use it would not find a socket there.
Result<void> RunServices::contain(wire::HostOrder& host) {
  host.containment = containment_.without({Boundary::netns, Boundary::tmp});
  host.must_be_contained = missing_ == ContainmentMissing::fail;
  host.network = network_.descriptor();
  if (network_.state() != os::SharedNetwork::State::failed) return {};
  const std::string trouble = "containment = \"netns\": " + network_.trouble();
  if (host.must_be_contained) {
    return ErrorInWords{"not allowed here: " + trouble};
  }
  lines_.say_once("ignoring " + trouble);
  return {};
}

// Says where the output goes, and names the generation.
Result<void> RunServices::place(wire::HostOrder& host, bool is_kept) const {
  const std::string name =
      fmt::format("{}-{}", name_of_instance(host.spec.name, host.instance), host.generation);
  std::string directory =
      journal_.substr(0, journal_.rfind('/') + 1) + std::string(names::k_services_directory);
  host.attempt = fmt::format("{}.{}", run_, name);
  if (is_kept) {
    const KeptService kept(tree_, host.spec.name);
    if (Result<void> noted = kept.note(host.generation); !noted) return noted;
    directory = kept.directory();
    host.attempt = kept.attempt_of(host.generation);
    host.kept_at = kept.socket();
    host.tree = tree_;
  }
  host.log = fmt::format("{}/{}{}", directory, name, names::k_output_suffix);
  host.scratch = fmt::format("{}/{}", directory, name);
  for (const std::string& path : {directory, host.scratch}) {
    if (Result<void> made = make_directory(path); !made) return made.error();
  }
  return {};
}

// Only the first instance of a service is kept. A kept one is in the network of the machine.
bool RunServices::may_be_kept(const InstanceId& id) const {
  return id.number == 0 && !has_network();
}

bool RunServices::is_kept(const InstanceId& id) const {
  const std::string& name = services_->specs()[id.service].name;
  return may_be_kept(id) && (keeps_all_ == KeepsAll::yes || KeptService(tree_, name).is_noted());
}

// Uses the generation that people keep, in place of a start.
void RunServices::take_kept(ServiceOrder order, KeptAnswer answer) {
  order.generation = answer.state.generation;
  services_->starts_as(order.instance, order.generation);
  ServiceHost host;
  host.id = order.instance;
  host.is_kept = true;
  host.pid = answer.state.host.pid;
  host.start = answer.state.host.start;
  host.main = answer.state.main;
  host.order.spec = services_->specs()[order.instance.service];
  host.order.generation = answer.state.generation;
  host.order.attempt = answer.state.attempt;
  host.order.log = answer.state.log;
  host.order.scratch = answer.state.scratch;
  host.order.ports = answer.state.ports;
  host.socket = std::move(answer.connection);
  host.was_there = answer.state.phase == "ready";
  if (host.was_there) {
    host.send(answer.state.needs_reset ? wire::k_reset : wire::k_check);
  } else {
    host.expect_answer(ServiceHost::k_start);
  }
  hosts_.push_back(std::move(host));
  record("started", order);
}

// A service ends after those that depend on it, even if we are killed: they hold one end of a pipe.
Result<ServiceHost> RunServices::start_host_among(const InstanceId& id, wire::HostOrder order) {
  const ServiceSpec& spec = services_->specs()[id.service];
  for (const std::string& name : spec.depends) {
    const ServiceHost* const below = host_of({services_->place_of(name).value_or(0), 0});
    if (below != nullptr && below->for_dependents.valid()) {
      order.kept.push_back(below->for_dependents.get());
    }
  }
  const bool has_dependents = std::ranges::any_of(services_->specs(), [&](const ServiceSpec& one) {
    return std::ranges::find(one.depends, spec.name) != one.depends.end();
  });
  int ends[2] = {-1, -1};
  if (has_dependents && ::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe");
  const os::UniqueFd theirs(ends[0]);
  os::UniqueFd ours(ends[1]);
  order.dependents = theirs.get();
  Result<ServiceHost> host = start_host(id, std::move(order));
  if (host) host->for_dependents = std::move(ours);
  return host;
}

}  // namespace holdfast
