/* The limit program: what calling many models costs on libuv and nghttp2, and nothing else.
 *
 * It does the work of a round that nobody can leave out: one connection a model, the same request
 * to all from one block of memory, every answer read whole into memory of its own and its status
 * looked at, one deadline. Updraft's fan-out is measured against it. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "options.h"
#include "rounds.h"

/* One descriptor a model: as many as the system allows. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Has the memory of a round's answers kept for those of the next one, as updraft does. */
static void keep_freed_memory(void) {
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
}

int main(int count, char **arguments) {
  struct options options;
  char problem[256];
  switch (options_parse(count, arguments, &options, problem, sizeof problem)) {
    case OPTIONS_HELP:
      fputs(options_help, stdout);
      return 0;
    case OPTIONS_BAD:
      fprintf(stderr, "limit: %s\n", problem);
      return 64;
    case OPTIONS_OK: break;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  keep_freed_memory();
  return run_rounds(&options);
}
