#include "services/services.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "values/service_specs.hpp"

namespace holdfast {
namespace {

using News = ServiceNews;
using Order = ServiceAction;

ServiceSpec eager(ServiceSpec service) {
  service.eager = true;
  return service;
}

// Returns texts such as `start db/0#1`, `grant 7` and `death db/0#1 of 7 8`.
std::string told(const ServiceOrder& order, const std::vector<ServiceSpec>& specs) {
  static const std::map<Order, std::string> words{
      {Order::start, "start"}, {Order::check, "check"},   {Order::reset, "reset"},
      {Order::stop, "stop"},   {Order::refuse, "refuse"}, {Order::note_death, "death"},
      {Order::grant, "grant"}};
  std::string text = words.at(order.action);
  if (order.action == Order::grant || order.action == Order::refuse) {
    text += " " + std::to_string(order.use);
  } else {
    text += " " + specs[order.instance.service].name + "/" + std::to_string(order.instance.number) +
            "#" + std::to_string(order.generation);
  }
  if (order.action == Order::note_death) {
    text += " of";
    for (UseId user : order.users) text += " " + std::to_string(user);
  }
  return order.why.empty() ? text : text + " (" + order.why + ")";
}

class ServiceRun {
 public:
  explicit ServiceRun(std::vector<ServiceSpec> specs) : services(std::move(specs)) {}

  std::string orders() {
    std::string text;
    for (const ServiceOrder& order : services.take_orders()) {
      text += (text.empty() ? "" : ", ") + told(order, services.specs());
    }
    return text;
  }
  std::string ask(UseId use, const std::vector<ServiceUse>& uses) {
    services.ask(use, uses);
    return orders();
  }
  std::string ask_again(UseId use) {
    services.ask_again(use);
    return orders();
  }
  std::string leave(UseId use, Farewell farewell = Farewell::green) {
    services.leave(use, farewell);
    return orders();
  }
  std::string hear(const std::string& name, News news, unsigned number = 0,
                   const std::string& why = {}) {
    services.happened({*services.place_of(name), number}, news, why);
    return orders();
  }
  // Lets test 1 use the service, and leave so long ago that the check does not count.
  void warm_up(const std::string& name) {
    ask(1, {{name}});
    hear(name, News::ready);
    EXPECT_EQ(leave(1), "check " + name + "/0#1");
    EXPECT_EQ(hear(name, News::healthy), "");
    doubt(name);
  }
  void doubt(const std::string& name) { services.doubt({*services.place_of(name), 0}); }

  Services services;
};

TEST(Services, StartWhenATestNeedsThem) {
  ServiceRun run({declared("db")});
  EXPECT_EQ(run.orders(), "");
  EXPECT_EQ(run.ask(1, {{"db"}}), "start db/0#1");
  EXPECT_EQ(run.ask(2, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::ready), "grant 1, grant 2");
  const std::vector<GrantedService> granted{{{0, 0}, 1}};
  EXPECT_EQ(run.services.services_of(2), granted);
}

TEST(Services, AreCheckedBeforeEachTest) {
  ServiceRun run({declared("db")});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.ask(3, {{"db"}}), "");  // the same answer does for both
  EXPECT_EQ(run.hear("db", News::healthy), "grant 2, grant 3");
}

TEST(Services, AreCheckedOnceMoreIfTheCheckBeganBeforeTheLastTestEnded) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.ask(2, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.leave(1, Farewell::red), "check db/0#1");
  EXPECT_EQ(run.ask(3, {{"db"}}), "");
  EXPECT_EQ(run.leave(2), "");
  EXPECT_EQ(run.ask(4, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 3, check db/0#1") << "4 asked when 2 had ended";
  EXPECT_FALSE(run.services.is_in_doubt({0, 0}, 1));
  EXPECT_TRUE(run.services.is_in_doubt({0, 0}, 2));
  EXPECT_EQ(run.ask(5, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 4, grant 5");
}

TEST(Services, AreCheckedOnceMoreAfterALongWaitForTheRest) {
  ServiceRun run({declared("db"), declared("slow")});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db"}, {"slow"}}), "check db/0#1, start slow/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "");
  run.doubt("db");
  EXPECT_EQ(run.hear("slow", News::ready), "check db/0#1");
  run.doubt("slow");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 2") << "two slow checks must not go on for ever";
}

TEST(Services, AreStartedAnewIfWhatTheyNeedWasLostDuringAWaitForTheRest) {
  ServiceRun run({declared("db"), declared("web", {"db"}), declared("slow")});
  EXPECT_EQ(run.ask(1, {{"web"}, {"slow"}}), "start db/0#1, start slow/0#1");
  EXPECT_EQ(run.hear("db", News::ready), "start web/0#1");
  EXPECT_EQ(run.hear("web", News::ready), "");
  EXPECT_EQ(run.hear("db", News::died), "death db/0#1 of");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "stop web/0#1");
  EXPECT_EQ(run.hear("slow", News::ready), "");
  EXPECT_EQ(run.hear("web", News::ended), "start web/0#2");
  EXPECT_EQ(run.hear("web", News::ready), "grant 1");
}

TEST(Services, ThatNobodyUsesAreCheckedForTheNextTest) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.ask(2, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.leave(1), "") << "2 still uses it";
  EXPECT_EQ(run.leave(2), "check db/0#1");
  EXPECT_EQ(run.ask(3, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 3");
  EXPECT_EQ(run.ask(4, {{"db"}}), "check db/0#1") << "3 may have broken it";
  run.hear("db", News::healthy);
  EXPECT_EQ(run.leave(3), "");
  EXPECT_EQ(run.leave(4), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "");
  EXPECT_EQ(run.ask(5, {{"db"}}), "grant 5");
  EXPECT_EQ(run.leave(5), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::unhealthy), "death db/0#1 of 5, stop db/0#1");
}

TEST(Services, WhoseCheckWasLongAgoAreCheckedAgain) {
  ServiceRun run({declared("db")});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
}

TEST(Services, AreCheckedAtOnceAfterARedTest) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.leave(1, Farewell::red), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::unhealthy), "death db/0#1 of 1, stop db/0#1");
}

TEST(Services, ThatWereFoundWellWereNotHarmedByThoseWhoHadLeftThemBefore) {
  ServiceRun run({declared("db")});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 2");
  EXPECT_EQ(run.hear("db", News::died), "death db/0#1 of 2");
}

TEST(Services, MayHaveBeenHarmedByAGreenTestThatLeftThem) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.ask(2, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.leave(1), "");
  EXPECT_EQ(run.leave(2), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::unhealthy), "death db/0#1 of 1 2, stop db/0#1");
}

TEST(Services, AreCheckedOnceMoreWhenARedTestLeftThemDuringACheck) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.leave(1, Farewell::red), "");
  EXPECT_EQ(run.hear("db", News::healthy), "check db/0#1");
  EXPECT_TRUE(run.services.is_in_doubt({0, 0}, 1));
  EXPECT_EQ(run.hear("db", News::healthy), "grant 2");
  EXPECT_FALSE(run.services.is_in_doubt({0, 0}, 1));
  EXPECT_EQ(run.hear("db", News::died), "death db/0#1 of 2");
}

TEST(Services, ThatAreEagerStartAtOnceWithWhatTheyDependOn) {
  ServiceRun run({declared("db"), eager(declared("web", {"db"})), declared("log")});
  EXPECT_EQ(run.orders(), "start db/0#1");
  EXPECT_EQ(run.hear("db", News::ready), "start web/0#1");
  EXPECT_EQ(run.hear("web", News::ready), "");
  run.doubt("db");
  run.doubt("web");
  EXPECT_EQ(run.ask(1, {{"web"}}), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "check web/0#1");
  EXPECT_EQ(run.hear("web", News::healthy), "grant 1");
}

TEST(Services, StartBesideEachOtherButBehindWhatTheyDependOn) {
  ServiceRun run({declared("db"), declared("cache"), declared("web", {"db"})});
  EXPECT_EQ(run.ask(1, {{"web"}, {"cache"}}), "start db/0#1, start cache/0#1");
  EXPECT_EQ(run.hear("cache", News::ready), "");
  EXPECT_EQ(run.hear("db", News::ready), "start web/0#1");
  EXPECT_EQ(run.hear("web", News::ready), "grant 1");
}

TEST(Services, ThatAreEagerAndCannotStartAreRefusedToNobodyButTests) {
  ServiceRun run({eager(declared("db"))});
  EXPECT_EQ(run.orders(), "start db/0#1");
  EXPECT_EQ(run.hear("db", News::died, 0, "no"), "");
  EXPECT_EQ(run.ask(1, {{"db"}}), "refuse 1 (no)");
}

TEST(Services, StartWithAllThatIsBelowThemHoweverDeep) {
  ServiceRun run({declared("db"), declared("web", {"db"}), declared("front", {"web"})});
  EXPECT_EQ(run.ask(1, {{"front"}}), "start db/0#1");
  EXPECT_EQ(run.hear("db", News::ready), "start web/0#1");
  EXPECT_EQ(run.hear("web", News::ready), "start front/0#1");
  EXPECT_EQ(run.hear("front", News::ready), "grant 1");
  const std::vector<GrantedService> granted{{{0, 0}, 1}, {{1, 0}, 1}, {{2, 0}, 1}};
  EXPECT_EQ(run.services.services_of(1), granted);
}

TEST(Services, GoToOneTestAloneInOrderOfArrival) {
  ServiceRun run({declared("db")});
  run.warm_up("db");
  run.ask(2, {{"db"}});
  run.hear("db", News::healthy);
  EXPECT_EQ(run.ask(3, {{"db", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.ask(4, {{"db"}}), "");  // it may not overtake
  EXPECT_EQ(run.leave(2), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 3");
  EXPECT_EQ(run.leave(3), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 4");
}

TEST(Services, LetATestGoFirstThatKeepsNobodyWaiting) {
  ServiceRun run({declared("cache"), declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.ask(3, {{"cache"}}), "start cache/0#1");
  EXPECT_EQ(run.hear("cache", News::ready), "grant 3");
  EXPECT_EQ(run.ask(4, {{"cache"}, {"db"}}), "");
  EXPECT_EQ(run.ask(5, {{"cache", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.leave(3), "check cache/0#1");
  EXPECT_EQ(run.hear("cache", News::healthy), "")
      << "4 waits for the service, too, and asked earlier";
}

TEST(Services, AreTakenAllAtOnceOrNotAtAll) {
  ServiceRun run({declared("a"), declared("b")});
  run.ask(1, {{"b", ServiceMode::exclusive}});
  run.hear("b", News::ready);
  EXPECT_EQ(run.ask(2, {{"a", ServiceMode::exclusive}, {"b", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.leave(1), "start a/0#1, check b/0#1");
  EXPECT_EQ(run.hear("b", News::healthy), "");
  EXPECT_EQ(run.hear("a", News::ready), "grant 2");
}

TEST(Services, ThatDiedAreStartedAgainForTheNextTest) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.ask(2, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.hear("db", News::died, 0, "killed by SIGKILL"),
            "death db/0#1 of 1 2 (killed by SIGKILL)");
  EXPECT_EQ(run.ask(3, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.leave(1, Farewell::red), "");
  EXPECT_EQ(run.hear("db", News::ready), "grant 3");
  const std::vector<GrantedService> granted{{{0, 0}, 2}};
  EXPECT_EQ(run.services.services_of(3), granted);
  EXPECT_EQ(run.services.users_of({0, 0}), std::vector<UseId>{3}) << "2 used generation 1";
}

TEST(Services, ThatDieDuringACheckAreStartedAgain) {
  ServiceRun run({declared("db")});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::died), "death db/0#1 of") << "1 left it well";
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "grant 2");
}

TEST(Services, ThatAreUnhealthyWaitForThoseWhoUseThem) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::unhealthy), "death db/0#1 of 1");
  EXPECT_EQ(run.leave(1, Farewell::red), "stop db/0#1");
  EXPECT_EQ(run.hear("db", News::died), "");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "grant 2");
}

TEST(Services, ThatCannotStartRefuseAllWhoWaitAndAllWhoComeLater) {
  ServiceRun run({declared("cache"), declared("db"), declared("web", {"db"})});
  run.ask(1, {{"db"}});
  run.ask(2, {{"web"}, {"cache"}});
  EXPECT_EQ(run.hear("db", News::died, 0, "port 80 is taken"),
            "refuse 1 (port 80 is taken), refuse 2 (port 80 is taken)");
  EXPECT_EQ(run.hear("db", News::ended, 0, "its host was killed"), "");
  EXPECT_EQ(run.ask(3, {{"db"}}), "refuse 3 (port 80 is taken)");
  EXPECT_EQ(run.hear("cache", News::ready), "");
  EXPECT_EQ(run.ask(4, {{"cache"}}), "grant 4");
}

TEST(Services, ThatKeepDyingAreGivenUp) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.ask(2, {{"db"}});
  run.hear("db", News::ready);
  for (UseId use = 3; use < 9; use += 2) {
    EXPECT_EQ(run.hear("db", News::died).substr(0, 5), "death");
    run.hear("db", News::ended);
    run.ask(use, {{"db"}});
    run.ask(use + 1, {{"db"}});
    EXPECT_NE(run.hear("db", News::ready), "");
  }
  run.hear("db", News::died, 0, "it died");
  run.hear("db", News::ended, 0, "its host was killed");
  EXPECT_EQ(run.ask(9, {{"db"}}), "refuse 9 (it died)");
}

TEST(Services, ThatAreFreshHaveAGenerationForEachTest) {
  ServiceRun run({declared("db")});
  EXPECT_EQ(run.ask(1, {{"db", ServiceMode::fresh}}), "start db/0#1");
  EXPECT_EQ(run.hear("db", News::ready), "grant 1");
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::fresh}}), "");
  EXPECT_EQ(run.leave(1), "stop db/0#1");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "grant 2");
  EXPECT_EQ(run.leave(2), "check db/0#2");
  EXPECT_EQ(run.hear("db", News::healthy), "");
  EXPECT_EQ(run.ask(3, {{"db"}}), "grant 3") << "shared may be used before";
}

TEST(Services, ThatDiedBeforeTheyWereToldToStopWereBrokenByTheirLastUsers) {
  ServiceRun run({declared("db")});
  EXPECT_EQ(run.ask(1, {{"db", ServiceMode::fresh}}), "start db/0#1");
  EXPECT_EQ(run.hear("db", News::ready), "grant 1");
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::fresh}}), "");
  EXPECT_EQ(run.leave(1), "stop db/0#1");
  EXPECT_EQ(run.hear("db", News::died), "death db/0#1 of 1");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "grant 2");
  EXPECT_EQ(run.leave(2), "check db/0#2");
  run.services.end();
  EXPECT_EQ(run.orders(), "stop db/0#2");
  EXPECT_EQ(run.hear("db", News::died), "death db/0#2 of 2");
}

TEST(Services, AreResetAfterATestThatHadThemAlone) {
  ServiceRun run({with_reset(declared("db"))});
  run.warm_up("db");
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::exclusive}}), "check db/0#1");
  run.hear("db", News::healthy);
  EXPECT_EQ(run.leave(2), "");
  EXPECT_EQ(run.ask(3, {{"db"}}), "reset db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 3");
  EXPECT_EQ(run.ask(4, {{"db"}}), "check db/0#1");
}

TEST(Services, HaveAsManyInstancesAsTestsNeedThemAlone) {
  ServiceRun run({with_instances(declared("db"), 2)});
  EXPECT_EQ(run.ask(1, {{"db", ServiceMode::exclusive}}), "start db/0#1");
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::exclusive}}), "start db/1#1");
  EXPECT_EQ(run.ask(3, {{"db", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.hear("db", News::ready, 1), "grant 2");
  EXPECT_EQ(run.leave(2), "check db/1#1");
  EXPECT_EQ(run.hear("db", News::healthy, 1), "grant 3");
}

TEST(Services, PreferAnInstanceThatIsReady) {
  ServiceRun run({with_instances(declared("db"), 2)});
  run.ask(1, {{"db", ServiceMode::exclusive}});
  run.ask(2, {{"db", ServiceMode::exclusive}});
  run.hear("db", News::died, 0, "no");
  run.hear("db", News::ready, 1);
  EXPECT_EQ(run.leave(2), "check db/1#1");
  EXPECT_EQ(run.ask(3, {{"db"}}), "");
  EXPECT_EQ(run.hear("db", News::healthy, 1), "grant 3");
}

TEST(Services, AreStartedAnewWithWhatTheyDependOn) {
  ServiceRun run({declared("db"), declared("web", {"db"})});
  run.ask(1, {{"web"}});
  run.hear("db", News::ready);
  run.hear("web", News::ready);
  run.hear("db", News::died);
  run.hear("db", News::ended);
  EXPECT_EQ(run.ask(2, {{"web"}}), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "") << "1 still uses the web server";
  EXPECT_EQ(run.leave(1), "stop web/0#1");
  EXPECT_EQ(run.hear("web", News::ended), "start web/0#2");
  EXPECT_EQ(run.hear("web", News::ready), "grant 2");
}

TEST(Services, AreLookedAtAgainForATestThatIsUsingThem) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db", ServiceMode::exclusive}});
  EXPECT_EQ(run.ask_again(1), "") << "it has nothing yet";
  EXPECT_EQ(run.ask_again(7), "") << "nobody";
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask_again(1), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 1");
  run.hear("db", News::died);
  run.hear("db", News::ended);
  EXPECT_EQ(run.ask_again(1), "start db/0#2");
  EXPECT_EQ(run.ask(2, {{"db"}}), "") << "1 has it alone, whatever generation";
  EXPECT_EQ(run.hear("db", News::ready), "grant 1");
  EXPECT_EQ(run.leave(1), "check db/0#2");
}

TEST(Services, MayHaveBeenHarmedByAUseThatAsksAgain) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask_again(1), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::unhealthy), "death db/0#1 of 1, stop db/0#1");
}

TEST(Services, AreRenewedForAFreshUseThatAsksAgain) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db", ServiceMode::fresh}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask_again(1), "stop db/0#1");
  EXPECT_EQ(run.hear("db", News::ended), "start db/0#2");
  EXPECT_EQ(run.hear("db", News::ready), "grant 1");
}

TEST(Services, AreLookedAtOnceMoreForAUseThatAsksDuringALook) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  run.hear("db", News::ready);
  EXPECT_EQ(run.ask(2, {{"db"}}), "check db/0#1");
  EXPECT_EQ(run.ask_again(1), "");
  EXPECT_EQ(run.hear("db", News::healthy), "check db/0#1");
  EXPECT_EQ(run.hear("db", News::healthy), "grant 1, grant 2");
}

TEST(Services, ForgetATestThatDoesNotWaitAnyLonger) {
  ServiceRun run({declared("db")});
  run.ask(1, {{"db"}});
  EXPECT_EQ(run.leave(1), "");
  EXPECT_EQ(run.ask(2, {{"db", ServiceMode::exclusive}}), "");
  EXPECT_EQ(run.hear("db", News::ready), "grant 2");
}

TEST(Services, EndInReverseOrderOfDepends) {
  ServiceRun run({declared("db"), declared("log"), declared("web", {"db"})});
  run.ask(1, {{"web"}, {"log"}});
  run.hear("db", News::ready);
  run.hear("log", News::ready);
  run.hear("web", News::ready);
  run.leave(1);
  run.services.end();
  EXPECT_EQ(run.orders(), "stop web/0#1, stop log/0#1");
  EXPECT_EQ(run.hear("log", News::ended), "");
  EXPECT_FALSE(run.services.are_at_rest());
  EXPECT_EQ(run.hear("web", News::ended), "stop db/0#1");
  EXPECT_EQ(run.hear("db", News::ended), "");
  EXPECT_TRUE(run.services.are_at_rest());
}

TEST(Services, BeginAfterTheGenerationThatPeopleKeepOrWithIt) {
  ServiceRun run({declared("db")});
  EXPECT_EQ(run.ask(1, {{"db", ServiceMode::fresh}}), "start db/0#1");
  run.services.starts_as({0, 0}, 4);
  EXPECT_EQ(run.hear("db", News::ready), "grant 1");
  ServiceRun with({declared("db")});
  EXPECT_EQ(with.ask(1, {{"db"}}), "start db/0#1");
  with.services.goes_on_as({0, 0}, 3);
  EXPECT_EQ(with.hear("db", News::ready), "grant 1");
  ServiceRun later({declared("db")});
  EXPECT_EQ(later.ask(1, {{"db", ServiceMode::fresh}}), "start db/0#1");
  later.services.goes_on_as({0, 0}, 3);
  EXPECT_EQ(later.hear("db", News::ready), "stop db/0#3") << "an earlier run may have used it";
  EXPECT_EQ(later.hear("db", News::ended), "start db/0#4");
}

}  // namespace
}  // namespace holdfast
