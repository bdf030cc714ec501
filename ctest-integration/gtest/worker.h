/* What a program of a test framework needs to take part in a batch
 * (docs/internals/worker-protocol.md).
 *
 * The sources behind this interface are compiled once per project, with the flags of the project's
 * own directory, which may differ from those of its programs: another standard library, sanitizers.
 * So the interface is C, and the sources use the C library and nothing of the C++ library.
 * googletest.cpp is compiled with each program.
 */
#ifndef HOLDFAST_GTEST_WORKER_H
#define HOLDFAST_GTEST_WORKER_H

#ifdef __cplusplus
extern "C" {
#endif

/* What the support asks of the framework. */
struct holdfast_worker_framework {
  /* HOLDFAST_WORKER_NAME, with which the program was compiled. */
  const char* version;
  /* Not 0: the framework prints its own lines, which tell exec which case printed what. */
  int prints;
  /* Flushes all that the program has printed. */
  void (*flush)(void);
  /* Calls `add` with each case that is to run, in order. Returns why the process cannot run one of
   * them by itself; null: it can. */
  const char* (*list)(void (*add)(const char* name));
  /* Called once before cases are forked: from now on, no process writes a report of all cases. */
  void (*part)(void);
  /* From now on, only this case runs. */
  void (*select)(const char* name);
};

enum holdfast_worker_role {
  HOLDFAST_WORKER_IS_NONE,   /* there is no batch, or nobody to report to: run the cases */
  HOLDFAST_WORKER_REPORTS,   /* run the cases, and report each */
  HOLDFAST_WORKER_IS_CASE,   /* the process of a case, which is selected: run it, and report */
  HOLDFAST_WORKER_HAS_SERVED /* its cases have run in processes of their own: run none */
};

/* To be called where the cases would begin. Waits 10 s at most for an answer of exec. With
 * isolation `fork` it returns once in the process of each case, and at the end in the process that
 * has forked them. */
enum holdfast_worker_role holdfast_worker_begin(const struct holdfast_worker_framework* framework);

/* Not 0: exec wants to fork cases here, and has been told that the process cannot do that: `why`.
 * Waits 10 s at most for its answer. */
int holdfast_worker_refuses_to_fork(const char* why);

/* The reports. They do nothing in a process that was forked from the one that reports, or if there
 * is nobody to report to. */
enum holdfast_worker_end {
  HOLDFAST_WORKER_CASE_PASSED,
  HOLDFAST_WORKER_CASE_FAILED,
  HOLDFAST_WORKER_CASE_SKIPPED
};
void holdfast_worker_case_begins(const char* suite, const char* name);
/* Does not return if the process is to run no further case. */
void holdfast_worker_case_ends(const char* suite, const char* name, enum holdfast_worker_end end,
                               long long milliseconds);
/* No case has begun: all are skipped. */
void holdfast_worker_all_skipped(void);
/* All cases have run; the framework has returned `code`. Flushes what was printed. */
void holdfast_worker_finished(int code);
/* Not 0: this process reports. */
int holdfast_worker_is_here(void);
/* After a case that has failed, the process exits. */
void holdfast_worker_retire_after_failure(void);

/* What main() of Holdfast::gtest_main does; in googletest.cpp. */
int holdfast_gtest_main(int argc, char** argv);

#ifdef __cplusplus
}
#endif

#endif
