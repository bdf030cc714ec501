#include "keeper/attempt_grants.hpp"

#include <utility>

#include "core/policy.hpp"

namespace holdfast {
namespace {

void resolve(const wire::AttemptRequest& request, const Result<ProjectSettings>& settings,
             RunLines& lines, wire::AttemptGrant& granted) {
  Result<ResolvedPolicy> resolved = settings ? settings->resolve(request.test, request.properties)
                                             : Result<ResolvedPolicy>(settings.error());
  if (!resolved) {
    granted.refusal = resolved.error().message;
    return;
  }
  for (const std::string& warning : resolved->warnings) {
    lines.say_once("\"" + request.test + "\": " + warning);
  }
  granted.policy = std::move(resolved->policy);
}

}  // namespace

wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Run& run,
                                 RunLines& lines) {
  wire::AttemptGrant granted;
  granted.run = run.id();
  granted.attempt = run.next_attempt();
  granted.journal = run.journal();
  granted.is_again = run.begin_attempt_of(request.key);
  if (ScratchPool* scratch = run.scratch(); scratch != nullptr) {
    granted.scratch = scratch->lend();
    if (granted.scratch.empty()) lines.say_once(scratch->trouble());
  }
  resolve(request, settings, lines, granted);
  return granted;
}

}  // namespace holdfast
