// Random runs of the services of a run.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/services.hpp"
#include "values/service_specs.hpp"

namespace holdfast {
namespace {

using News = ServiceNews;
using Order = ServiceAction;

// In any order of asks, ends, deaths and answers, no two tests have an instance that one of them
// wants alone. Every test is answered in the end, and nothing is left.
TEST(Services, NeverGiveOneInstanceToTwoThatExcludeEachOther) {
  const std::vector<ServiceSpec> specs{declared("a"), with_instances(with_reset(declared("b")), 2),
                                       declared("c", {"a"})};
  const char* const names[] = {"a", "b", "c"};
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
    Services services(specs);
    std::map<UseId, std::map<std::string, ServiceMode>> asked;
    std::set<UseId> waiting;
    std::set<UseId> using_them;
    std::vector<ServiceOrder> open;  // for hosts
    const auto obey = [&] {
      for (ServiceOrder& order : services.take_orders()) {
        if (order.action == Order::grant || order.action == Order::refuse) {
          ASSERT_EQ(waiting.erase(order.use), 1U);
        }
        if (order.action == Order::grant) using_them.insert(order.use);
        const bool is_for_host = order.action == Order::start || order.action == Order::check ||
                                 order.action == Order::reset || order.action == Order::stop;
        if (is_for_host) open.push_back(std::move(order));
      }
    };
    const auto answer = [&](std::size_t i, bool well) {
      const ServiceOrder order = open[i];
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
      if (services.life(order.instance).generation != order.generation) return;
      const ServiceState state = services.life(order.instance).state;
      if (order.action == Order::stop || !well) {
        if (order.action == Order::start && below(2) == 0) {
          services.happened(order.instance, News::died, "no");
        }
        services.happened(order.instance, News::ended, "gone");
      } else if (order.action == Order::start) {
        services.happened(order.instance, News::ready);
      } else if (state == ServiceState::ready) {
        services.happened(order.instance, below(5) == 0 ? News::unhealthy : News::healthy);
      }
    };
    obey();
    for (UseId use = 1; use < 60 || !waiting.empty() || !using_them.empty();) {
      ASSERT_LT(use, 1000U);
      const unsigned what = below(10);
      if (use < 60 && what < 3) {
        std::vector<ServiceUse> uses;
        for (const char* name : names) {
          if (below(2) == 0) add_use({name, static_cast<ServiceMode>(below(3))}, uses);
        }
        if (uses.empty()) continue;
        for (const ServiceUse& one : uses) asked[use][one.name] = one.mode;
        waiting.insert(use);
        services.ask(use++, uses);
      } else if (what < 6 && !using_them.empty()) {
        const UseId user =
            *std::next(using_them.begin(), below(static_cast<unsigned>(using_them.size())));
        using_them.erase(user);
        if (below(4) == 0) {
          waiting.insert(user);
          services.ask_again(user);
        } else {
          services.leave(user, below(3) == 0 ? Farewell::red : Farewell::green);
        }
      } else if (what < 7) {
        services.doubt({below(3), 0});
      } else if (!open.empty()) {
        answer(below(static_cast<unsigned>(open.size())), below(12) != 0);
      } else if (using_them.empty()) {
        ASSERT_TRUE(waiting.empty() || use < 60) << "seed " << seed << ": they wait for nothing";
        if (use >= 60) break;
      }
      obey();
      std::map<std::pair<std::size_t, unsigned>, std::vector<ServiceMode>> modes;
      for (UseId user : using_them) {
        for (const GrantedService& one : services.services_of(user)) {
          const auto& mode = asked[user];
          const auto said = mode.find(specs[one.instance.service].name);
          modes[{one.instance.service, one.instance.number}].push_back(
              said == mode.end() ? ServiceMode::shared : said->second);
        }
      }
      for (const auto& [instance, held] : modes) {
        for (ServiceMode mode : held) {
          ASSERT_TRUE(mode == ServiceMode::shared || held.size() == 1) << "seed " << seed;
        }
      }
    }
    services.end();
    for (obey(); !open.empty(); obey()) answer(0, true);
    ASSERT_TRUE(services.are_at_rest()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace holdfast
