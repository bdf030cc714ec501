// What tells more about how a test ended than its exit status does: its marker, what a GoogleTest
// program leaves, the kernel's word on memory. Gathered here, judged in core/outcome/outcome.hpp.
#pragma once

#include "core/base/test_environment.hpp"
#include "core/outcome/marker.hpp"
#include "os/file/scratch_directory.hpp"
#include "supervision/attempt/googletest_trace.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/records.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

// What a test is asked to leave, and what its exit code may mean. Known before it is started.
struct Evidence {
  GoogletestTrace googletest;
  bool pytest = false;
};

// `scratch` empty: it has no directory to leave anything in, and nothing is asked of it. What the
// user has set himself stays.
Evidence ask_for_evidence(const Invocation& invocation, const Grant& grant,
                          const std::string& scratch, TestEnvironment& told);

// To be called when the test is over, before its directory is settled. Says what of the test the
// outcome depends on, and what it is then.
void weigh_evidence(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                    const os::ScratchContent& left, AttemptResult& result);

// Where somebody else has judged, and taken away the markers that were anybody's: the others.
void note_orphans(const Grant& grant, const os::ScratchContent& left, AttemptResult& result);

// As weigh_evidence(), of a test that died of SIGKILL and nobody we know of sent it.
void weigh_memory(KeeperLink& keeper, AttemptResult& result);

}  // namespace holdfast::supervision
