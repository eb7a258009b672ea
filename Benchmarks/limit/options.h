#ifndef LIMIT_OPTIONS_H
#define LIMIT_OPTIONS_H

#include <stddef.h>

enum method { METHOD_PREDICT, METHOD_TICK };

/* What to call, how often, and whom. The peers of the benchmark share these flags. */
struct options {
  const char *host;   /* numeric */
  int port;           /* of the first model; the others follow it */
  int models;
  int rounds;
  double interval_s;  /* from the start of a round to that of the next */
  double timeout_s;   /* of a round */
  size_t arg_bytes;   /* of a tick's JSON */
  enum method method;
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

/* Reads the flags; a problem is written to `problem`, one line. */
enum options_result options_parse(int count, char **arguments, struct options *options,
                                  char *problem, size_t problem_size);

extern const char options_help[];

#endif
