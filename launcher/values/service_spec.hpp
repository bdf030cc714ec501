// What is declared about a service: holdfast_add_service() and [service.NAME] in holdfast.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "base/tcp_table.hpp"
#include "base/text.hpp"

namespace holdfast {

// One test, or one process of a batch, that uses services.
using UseId = std::uint64_t;

// How a test uses a service, as HOLDFAST_SERVICES says it: `NAME[:shared|:exclusive|:fresh]`.
enum class ServiceMode : std::uint8_t {
  shared,     // beside other tests
  exclusive,  // no other test uses it at the same time
  fresh,      // as exclusive, and no test has used this generation before
};

constexpr auto words_of(ServiceMode) { return word_list("shared", "exclusive", "fresh"); }

struct ServiceUse {
  std::string name;
  ServiceMode mode = ServiceMode::shared;

  friend bool operator==(const ServiceUse&, const ServiceUse&) = default;
};

// A service as an attempt has used it. The journal says `db#3`.
struct AcquiredService {
  std::string name;
  unsigned generation = 0;

  friend bool operator==(const AcquiredService&, const AcquiredService&) = default;
};
std::string to_text(const AcquiredService& used);
AcquiredService to_had_service(std::string_view text);

// A name has letters, digits, `_`, `-` and `.`, and at most 64 of them.
bool is_service_name(std::string_view name);

Result<ServiceUse> parse_service_use(std::string_view text);

std::string to_text(const ServiceUse& use);

// `db, web`
std::string names_of(const std::vector<ServiceUse>& uses);

// Adds a use. A service that is named twice is used in the stricter way.
void add_use(const ServiceUse& use, std::vector<ServiceUse>& uses);

using ServiceCommand = std::vector<std::string>;

// A user of this machine, as passwd(5) has it.
struct User {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;
  std::string home;

  friend bool operator==(const User&, const User&) = default;
};

// How to find out whether a service is there. At most one of these is declared.
struct ServiceProbe {
  std::string tcp = {};          // HOST:PORT
  std::string unix_socket = {};  // a path
  std::string http = {};         // http://HOST:PORT/PATH
  ServiceCommand command = {};   // ends with 0
  std::string output = {};       // a regular expression for a line of its output

  friend bool operator==(const ServiceProbe&, const ServiceProbe&) = default;
};

// Whether the probe names a place where the service answers: a port or a socket.
bool names_place(const ServiceProbe& probe);
// The port at which the probe asks. None: it asks at none. An error: the place makes no sense.
std::optional<Result<Endpoint>> endpoint_of(const ServiceProbe& probe);

// Returns the endings of the keys that are declared: `tcp`, `unix`, `http`, `command`, `output`.
std::vector<std::string_view> kinds_of(const ServiceProbe& probe);

// The fields are explained in service_keys.def. Placeholders stand in them until an instance
// starts.
struct ServiceSpec {
  std::string name;
  std::string origin;  // "holdfast.toml:12, [service.db]"
  ServiceCommand command;
  ServiceProbe ready;
  ServiceProbe health;
  Milliseconds health_timeout{5'000};
  ServiceCommand init;
  ServiceCommand reset;
  ServiceCommand stop;
  int stop_signal = 15;
  Milliseconds grace{5'000};
  Milliseconds start_timeout{30'000};
  Milliseconds port_timeout{600'000};
  unsigned max_restarts = 3;
  std::vector<std::string> depends;
  unsigned ports = 0;
  unsigned instances = 1;
  bool eager = false;
  bool forking = false;
  std::string user;
  std::optional<User> other_user;                     // `user`, if that is not who runs ctest
  std::uint64_t log_limit = std::uint64_t{16} << 20;  // bytes
  std::string directory;
  std::vector<Variable> environment;

  // Returns the probe for the service's health: the declared one, or else the probe for its start.
  // A line of output says nothing about the time after it. So a service that says by a line that it
  // is ready is healthy as long as it is alive.
  ServiceProbe health_probe() const;
  // If the service says that it is ready in another way than by an answer at its own place, a
  // stranger may have that place. Returns the probe that must then find the service well: the one
  // for its health, if that names a place, else an empty one (no kind).
  ServiceProbe proof() const;
  // Returns how long its stop command may take.
  Milliseconds stop_time() const;
};

inline constexpr unsigned k_most_service_ports = 64;

// Returns the name of a variable of the service: `HOLDFAST_SERVICE_MY_DB_PORT` for the service
// `my-db` and environment::k_service_port.
std::string variable_of_service(std::string_view service, std::string_view word);

// The port that the declaration of a service names, in place of one that Holdfast chooses.

// Returns the port of `ready-tcp` or `ready-http`. If the service has neither, returns the port of
// `health-tcp` or `health-http`. 0: the declaration names no port.
std::uint16_t fixed_port(const ServiceSpec& service);

// Placeholders in what is declared about a service: `{port}`, `{port2}`, `{name}`, `{instance}` and
// `{dir}`. Any other text in braces stays as it is.

// What the placeholders stand for in one generation of one instance.
struct ServiceWords {
  std::string name;
  unsigned instance = 0;
  std::vector<std::uint16_t> ports;
  std::string directory;
};

// Returns the text with its placeholders filled in. `{port3}` stays as it is if there are two
// ports.
std::string filled(std::string_view text, const ServiceWords& words);

// Returns the service with all placeholders filled in.
ServiceSpec filled(const ServiceSpec& service, const ServiceWords& words);

// The greatest number of a port that a service's texts name: 2 for `{port2}`; 0: they name none.
// The texts that are used when the service is ready (health, init, reset, stop) stand apart: they
// may name a port that the output of the service told.
struct PortsNamed {
  unsigned before_ready = 0;
  unsigned later = 0;
};
PortsNamed ports_named(const ServiceSpec& service);

}  // namespace holdfast
