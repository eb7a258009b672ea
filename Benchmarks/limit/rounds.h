#ifndef LIMIT_ROUNDS_H
#define LIMIT_ROUNDS_H

#include "options.h"

/* Connects to all models, calls them round after round, and prints what came of it.
 * Returns the program's exit code: 0, or 1 when no call was made at all. */
int run_rounds(const struct options *options);

#endif
