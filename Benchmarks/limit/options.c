#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: limit --port P [flags]: calls P, P+1, ... as updraft does, and nothing else.\n"
    "Prints one JSON object a round and a summary, as `updraft call --json` does.\n"
    "  --host ADDRESS     numeric address of the models (127.0.0.1)\n"
    "  --port P           port of the first model, 1 to 65535\n"
    "  --models N         number of models, on P and the ports after it (1)\n"
    "  --rounds N         (1)\n"
    "  --interval S       seconds from one round's start to the next one's (0)\n"
    "  --timeout S        seconds of a round (60)\n"
    "  --method M         predict or tick (predict)\n"
    "  --arg-bytes N      bytes of a tick's JSON, at most 60000000 (100)\n";

#define PORT_MAX 65535
#define MODELS_MAX 20000
#define ROUNDS_MAX 1000000000
#define SECONDS_MAX 86400
#define ARG_BYTES_MAX 60000000

static bool read_whole(const char *text, double min, double max, double *value) {
  char *end;
  errno = 0;
  *value = strtod(text, &end);
  return errno == 0 && end != text && *end == '\0' && isfinite(*value) && *value >= min &&
         *value <= max;
}

static bool read_count(const char *text, double min, double max, double *value) {
  return read_whole(text, min, max, value) && *value == floor(*value);
}

static bool read_flag(const char *flag, const char *text, struct options *options) {
  double value;
  if (strcmp(flag, "--host") == 0) {
    options->host = text;
    return true;
  }
  if (strcmp(flag, "--port") == 0 && read_count(text, 1, PORT_MAX, &value)) {
    options->port = (int)value;
    return true;
  }
  if (strcmp(flag, "--models") == 0 && read_count(text, 1, MODELS_MAX, &value)) {
    options->models = (int)value;
    return true;
  }
  if (strcmp(flag, "--rounds") == 0 && read_count(text, 1, ROUNDS_MAX, &value)) {
    options->rounds = (int)value;
    return true;
  }
  if (strcmp(flag, "--interval") == 0 && read_whole(text, 0, SECONDS_MAX, &value)) {
    options->interval_s = value;
    return true;
  }
  if (strcmp(flag, "--timeout") == 0 && read_whole(text, 0.001, SECONDS_MAX, &value)) {
    options->timeout_s = value;
    return true;
  }
  if (strcmp(flag, "--arg-bytes") == 0 && read_count(text, 0, ARG_BYTES_MAX, &value)) {
    options->arg_bytes = (size_t)value;
    return true;
  }
  if (strcmp(flag, "--method") == 0) {
    options->method = strcmp(text, "tick") == 0 ? METHOD_TICK : METHOD_PREDICT;
    return options->method == METHOD_TICK || strcmp(text, "predict") == 0;
  }
  return false;
}

enum options_result options_parse(int count, char **arguments, struct options *options,
                                  char *problem, size_t problem_size) {
  *options = (struct options){
      .host = "127.0.0.1", .models = 1, .rounds = 1, .timeout_s = 60, .arg_bytes = 100};
  for (int i = 1; i < count; i += 2) {
    const char *flag = arguments[i];
    if (strcmp(flag, "--help") == 0) return OPTIONS_HELP;
    if (i + 1 == count) {
      snprintf(problem, problem_size, "%s needs a value, see --help", flag);
      return OPTIONS_BAD;
    }
    if (!read_flag(flag, arguments[i + 1], options)) {
      snprintf(problem, problem_size, "%s %s: unknown or out of range, see --help", flag,
               arguments[i + 1]);
      return OPTIONS_BAD;
    }
  }
  if (options->port == 0) {
    snprintf(problem, problem_size, "--port is missing, see --help");
    return OPTIONS_BAD;
  }
  if (options->port + options->models - 1 > PORT_MAX) {
    snprintf(problem, problem_size, "--port %d and %d models pass the last port, %d",
             options->port, options->models, PORT_MAX);
    return OPTIONS_BAD;
  }
  return OPTIONS_OK;
}
