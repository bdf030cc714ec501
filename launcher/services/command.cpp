#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "run/live_runs.hpp"
#include "services/manual_service.hpp"
#include "services/services_of_people.hpp"
#include "settings/declared_services.hpp"
#include "settings/project_settings.hpp"
#include "values/lock_spec.hpp"
#include "values/service_state.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

// The exit code if the service is not as the command wants it.
constexpr int k_not_done = 1;

struct ServiceOptions {
  std::string tree;
  std::string configuration;
  std::string name;
  bool json = false;
  bool follow = false;
};

struct Tree {
  std::string path;
  std::vector<ServiceSpec> services;
};

Result<Tree> load_tree(const ServiceOptions& options) {
  Tree tree;
  HOLDFAST_TRY(tree.path, find_tree(options.tree));
  HOLDFAST_DO(os::check_user_directory());
  HOLDFAST_TRY(const ProjectSettings settings, ProjectSettings::of_tree(tree.path));
  HOLDFAST_TRY(tree.services,
               services_of_tree(settings.settings(), tree.path, options.configuration));
  return tree;
}

struct Shown {
  std::string name;
  std::string state = "absent";
  bool is_kept = false;  // by hand
  wire::ManualState kept = {};
  // By the pids of their ctests: the instances that runs of the tree have started for themselves.
  std::vector<std::pair<pid_t, wire::LiveService>> of_runs = {};
};

Shown look_at(const std::string& tree, const std::string& name) {
  const ManualService kept(tree, name);
  ManualAnswer answer = kept.ask(wire::k_state);
  Shown shown{.name = name};
  if (answer.connection.valid()) {
    shown.kept = std::move(answer.state);
    shown.state = shown.kept.phase;
    shown.is_kept = true;
  } else if (kept.is_kept()) {
    shown.state = "lost";
    shown.is_kept = true;
    shown.kept.order.generation = kept.last_generation();
  }
  return shown;
}

// `db` for the instance `db.2`, if no service has that name.
std::string name_of_service(const std::string& instance, const std::vector<std::string>& names) {
  const bool is_first = std::ranges::find(names, instance) != names.end();
  return is_first ? instance : instance.substr(0, instance.rfind('.'));
}

// Returns the declared services, and those that are kept though they are not declared any more.
std::vector<Shown> look_at_all(const Tree& tree) {
  std::vector<std::string> names = collected(tree.services, &ServiceSpec::name);
  for (const std::string& kept : manual_services(tree.path)) {
    if (std::ranges::find(names, kept) == names.end()) names.push_back(kept);
  }
  std::vector<Shown> all =
      collected(names, [&](const std::string& name) { return look_at(tree.path, name); });
  for (const LiveRun& run : find_live_runs()) {
    if (run.tree != tree.path) continue;
    for (const wire::LiveService& instance : run.services) {
      const auto shown =
          std::ranges::find(all, name_of_service(instance.name, names), &Shown::name);
      if (shown == all.end() || instance.main == shown->kept.main) continue;
      shown->of_runs.emplace_back(run.ctest.pid, instance);
    }
  }
  return all;
}

Json or_null(std::int64_t number) { return number > 0 ? Json(number) : Json(nullptr); }

Json json_of_services(const std::vector<Shown>& all) {
  Json services = Json::array();
  for (const Shown& one : all) {
    Json object;
    object["name"] = one.name;
    object["state"] = one.state;
    object["kept"] = one.is_kept ? Json("by hand") : Json(nullptr);
    object["generation"] = one.kept.order.generation;
    object["ports"] = one.kept.order.ports;
    object["pid"] = or_null(one.kept.main);
    object["user"] = or_null(one.kept.user);
    object["log"] =
        one.kept.order.log.empty() ? Json(nullptr) : Json(valid_utf8(one.kept.order.log));
    object["runs"] = Json::array();
    for (const auto& [ctest, instance] : one.of_runs) {
      object["runs"].push_back({{"ctest", ctest},
                                {"instance", instance.name},
                                {"state", instance.state},
                                {"generation", instance.generation},
                                {"pid", or_null(instance.main)}});
    }
    services.push_back(std::move(object));
  }
  return services;
}

Result<int> list(const ServiceOptions& options) {
  HOLDFAST_TRY(const Tree tree, load_tree(options));
  const std::vector<Shown> all = look_at_all(tree);
  if (options.json) {
    fmt::print("{}\n", Json{{"version", 1}, {"services", json_of_services(all)}}.dump(2));
    return exit_codes::k_success;
  }
  if (all.empty()) fmt::print("no service is declared\n");
  for (const Shown& one : all) {
    fmt::print("{:<16} {}", one.name, one.state);
    if (one.is_kept) fmt::print(", kept by hand");
    if (one.kept.order.generation > 0) fmt::print(", generation {}", one.kept.order.generation);
    if (!one.kept.order.ports.empty())
      fmt::print(", ports {}", ports_in_text(one.kept.order.ports));
    if (one.kept.main > 0) fmt::print(", pid {}", one.kept.main);
    if (one.kept.user > 0) fmt::print(", used by the run of pid {}", one.kept.user);
    fmt::print("\n");
    for (const auto& [ctest, instance] : one.of_runs) {
      fmt::print("  {} of the run of ctest (pid {}): {}, generation {}", instance.name, ctest,
                 instance.state, instance.generation);
      if (instance.main > 0) fmt::print(", pid {}", instance.main);
      fmt::print("\n");
    }
  }
  return exit_codes::k_success;
}

Result<int> start(const Tree& tree, const ServiceOptions& options) {
  const std::string& name = options.name;
  const Shown before = look_at(tree.path, name);
  if (before.state == "ready" || before.state == "starting") {
    fmt::print("{} is kept already: generation {}, pid {}\n", name, before.kept.order.generation,
               before.kept.main);
    return exit_codes::k_success;
  }
  if (Result<void> started = start_kept(tree.path, tree.services, name); !started)
    return refused(started.error(), k_not_done);
  const Shown now = look_at(tree.path, name);
  fmt::print("{} is ready: generation {}, pid {}", name, now.kept.order.generation, now.kept.main);
  if (!now.kept.order.ports.empty()) fmt::print(", ports {}", ports_in_text(now.kept.order.ports));
  fmt::print("\n");
  return exit_codes::k_success;
}

// A kept service that depends on this one; empty: none does.
std::string kept_above(const Tree& tree, const std::string& name) {
  for (const ServiceSpec& service : tree.services) {
    const bool depends = std::ranges::find(service.depends, name) != service.depends.end();
    if (depends && ManualService(tree.path, service.name).is_kept()) return service.name;
  }
  return {};
}

Result<int> stop(const Tree& tree, const ServiceOptions& options) {
  const std::string& name = options.name;
  if (const std::string above = kept_above(tree, name); !above.empty())
    return refused(fmt::format("{} is kept and depends on {}: stop it first", above, name),
                   k_not_done);
  const Result<bool> stopped = stop_kept(tree.path, name);
  if (!stopped) return refused(stopped.error(), k_not_done);
  if (!*stopped) return refused(name + " is not kept", k_not_done);
  fmt::print("{} is stopped\n", name);
  return exit_codes::k_success;
}

// Fails if the service is not declared.
Result<Tree> tree_that_declares(const ServiceOptions& options, std::string_view command) {
  Result<Tree> tree = load_tree(options);
  if (!tree) return tree;
  const Result<void> known = check_uses({{options.name}}, tree->services);
  if (!known) return ErrorInWords{to_text(command, known.error())};
  return tree;
}

// People may keep a service that is not declared any more.
Result<Tree> tree_that_has(const ServiceOptions& options, std::string_view command) {
  HOLDFAST_TRY(std::string found, find_tree(options.tree));
  const bool is_kept =
      is_service_name(options.name) && ManualService(found, options.name).is_kept();
  if (!is_kept) return tree_that_declares(options, command);
  // What is declared may be wrong or missing by now.
  Result<Tree> tree = load_tree(options);
  if (!tree) return Tree{std::move(found), {}};
  return tree;
}

Result<int> restart(const Tree& tree, const ServiceOptions& options) {
  const Result<int> stopped = stop(tree, options);
  return stopped && *stopped == exit_codes::k_success ? start(tree, options) : stopped;
}

Result<int> logs(const Tree& tree, const ServiceOptions& options) {
  constexpr Milliseconds k_interval{100};
  constexpr std::size_t k_part = 16UL * 1024;
  const ManualService kept(tree.path, options.name);
  if (kept.last_generation() == 0)
    return refused(
        options.name + (kept.has_host() ? " is kept, and its output was removed with .holdfast"
                                        : " was never kept in this tree"),
        k_not_done);
  const std::string path = kept.log_of(kept.last_generation());
  Result<os::UniqueFd> log = os::open_own(path, O_RDONLY);
  if (!log && errno == EPERM) return log.error();
  const auto print_on = [&] {
    if (!log) log = os::open_own(path, O_RDONLY);  // it may come a moment after its generation
    for (std::string part; log && os::read_all(log->get(), part, k_part) && !part.empty();) {
      (void)std::fwrite(part.data(), 1, part.size(), stdout);
    }
    (void)std::fflush(stdout);
  };
  print_on();
  if (!options.follow) return exit_codes::k_success;
  // The host closes this connection when it ends.
  const ManualAnswer host = kept.ask(wire::k_state);
  while (host.connection.valid() &&
         !os::wait_for(host.connection.get(), os::monotonic_now() + k_interval)) {
    print_on();
  }
  print_on();
  return exit_codes::k_success;
}

}  // namespace

void add_service(Command app) {
  const Command service =
      app.add_subcommand("service", "keep services of a build tree by hand, and look at them");
  service.require_subcommand();
  const auto options = std::make_shared<ServiceOptions>();
  using Act = std::function<Result<int>(const ServiceOptions&)>;
  const auto add = [&](const char* word, const char* help, Act run) {
    const Command command = service.add_subcommand(word, help);
    add_tree_option(command, options->tree);
    command.add_option("--config", options->configuration,
                       "the configuration, where the tree has several");
    command.callback([options, run] { return exit_code_of(run(*options)); });
    return command;
  };
  // For one service, in the tree that `load` finds.
  const auto add_named = [&](const char* word, const char* help, auto load, auto act) {
    const auto run = [=](const ServiceOptions& given) -> Result<int> {
      HOLDFAST_TRY(const Tree tree, load(given, word));
      return act(tree, given);
    };
    const Command command = add(word, help, run);
    command.add_option("name", options->name, "the service")
        .required()
        .check(expected("a service"));
    return command;
  };
  add("list", "the declared services, and what is kept of them", list)
      .add_flag("--json", options->json, "as JSON");
  add_named("start", "start it and keep it until `stop`: runs of the tree use it",
            tree_that_declares, start);
  add_named("stop", "end it", tree_that_has, stop);
  add_named("restart", "end it and start its next generation", tree_that_declares, restart);
  add_named("logs", "print its output", tree_that_has, logs)
      .add_flag("--follow", options->follow, "go on until it ends");
}

}  // namespace holdfast::cli
