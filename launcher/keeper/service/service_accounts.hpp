// What the hosts have told of each generation, for people who want to know why a test failed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/duration.hpp"
#include "core/service/services.hpp"
#include "core/settings/message.hpp"
#include "keeper/service/service_instance.hpp"
#include "store/records.hpp"

namespace holdfast {

// The account of one generation. Points in time are on the clock of monotonic_now().
struct ServiceAccount {
  std::string name;          // of the instance
  pid_t pid = 0;             // its main process; 0: not known
  std::string ports;         // with `;` between; empty: none
  Milliseconds ready{0};     // when it got ready; 0: not yet
  Milliseconds answered{0};  // when the last check answered; 0: none has
  std::string trouble;       // why it was not well then; empty: it was well
  std::string lost;          // why it was lost; empty: it was not
  std::string last_lines;    // the last that it printed
};

// Returns a line on the state, which is `state` unless the generation was lost, a line on the
// health, and the last lines of the output.
std::string describe(const ServiceAccount& account, unsigned generation, std::string_view state,
                     Milliseconds now);

class ServiceAccounts {
 public:
  // Returns the account of one generation. It is empty if the host has told nothing.
  ServiceAccount& of(const InstanceId& instance, unsigned generation) {
    return accounts_[{instance.service, instance.number, generation}];
  }
  // Notes a message that came from the host.
  void hear(const ServiceHost& host, const wire::Message& message, Milliseconds now);
  void clear() { accounts_.clear(); }

 private:
  std::map<std::tuple<std::size_t, unsigned, unsigned>, ServiceAccount> accounts_;
};

// Notes which part of its output a service printed while a test used it. The beginning is noted for
// each use. The part is recorded only for a test that was red.
class ServiceLogs {
 public:
  // The use gets the generation that `host` looks after. A second call for a generation changes
  // nothing.
  void begin(UseId use, const ServiceHost& host, unsigned generation);
  // The use is over, and its test was not red.
  void forget(UseId use) { parts_.erase(use); }
  // The use is over, and its test was red. Returns a record for each generation that printed
  // anything during the use. `hosts` are those that are there now.
  std::vector<ServiceRecord> take(UseId use, const std::vector<ServiceHost>& hosts);
  void clear() { parts_.clear(); }

 private:
  std::map<UseId, std::vector<ServiceRecord>> parts_;
};

}  // namespace holdfast
