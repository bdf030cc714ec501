#include "core/batch/isolation.hpp"

namespace holdfast {

std::optional<Isolation> isolation_named(std::string_view name) {
  for (const Isolation one : {Isolation::none, Isolation::process, Isolation::fork}) {
    if (name_of(one) == name) return one;
  }
  return std::nullopt;
}

std::string_view name_of(Isolation isolation) {
  switch (isolation) {
    case Isolation::none:
      return "none";
    case Isolation::process:
      return "process";
    case Isolation::fork:
      return "fork";
  }
  return "none";
}

}  // namespace holdfast
