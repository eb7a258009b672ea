#ifndef LIMIT_REQUEST_H
#define LIMIT_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

/* A framed gRPC message, encoded once and sent by every connection from where it lies. */
struct request {
  uint8_t *bytes;
  size_t count;
};

/* Framed SetupRequest of a model's base class. Ends the program when memory is short. */
struct request request_setup(void);

/* Framed CallRequest: predict("BTC", 86400, 300), or tick with a price history of about
 * `arg_bytes` bytes of JSON. Ends the program when memory is short. */
struct request request_call(enum method method, size_t arg_bytes);

void request_free(struct request *request);

#endif
