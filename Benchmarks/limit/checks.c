/* Checks of the limit program's parts that have no socket. Prints nothing when all hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "options.h"
#include "reply.h"
#include "report.h"
#include "request.h"

static int failure_count;

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      failure_count++;                                                            \
    }                                                                             \
  } while (0)

static void header(struct reply *reply, const char *name, const char *value) {
  reply_header(reply, (const uint8_t *)name, strlen(name), (const uint8_t *)value, strlen(value));
}

static struct reply begun(void) {
  struct reply reply = {0};
  header(&reply, ":status", "200");
  header(&reply, "content-type", "application/grpc");
  return reply;
}

/* CallResponse{status{code "SUCCESS"}, methodResponse{type JSON, value "[]"}}, framed. */
static const uint8_t good[] = {0,   0,   0,   0,   19,  0x0a, 9,   0x0a, 7,    'S', 'U', 'C',
                               'C', 'E', 'S', 'S', 0x12, 6,   0x10, 6,    0x1a, 2,   '[', ']'};

static void an_answer_is_read_however_it_is_cut(void) {
  for (size_t cut = 0; cut <= sizeof good; cut++) {
    struct reply reply = begun();
    CHECK(reply_data(&reply, good, cut));
    CHECK(reply_data(&reply, good + cut, sizeof good - cut));
    header(&reply, "grpc-status", "0");
    CHECK(reply.length == 19 && reply.filled == 19);
    CHECK(reply_outcome(&reply) == OUTCOME_SUCCESS);
    reply_clear(&reply);
  }
}

static void an_answer_needs_its_status_and_its_whole_message(void) {
  struct reply reply = begun();
  CHECK(reply_data(&reply, good, sizeof good));
  CHECK(reply_outcome(&reply) == OUTCOME_TIMEOUT);
  header(&reply, "grpc-status", "8");
  CHECK(reply_outcome(&reply) == OUTCOME_TIMEOUT);
  reply_clear(&reply);

  reply = begun();
  CHECK(reply_data(&reply, good, sizeof good - 1));
  header(&reply, "grpc-status", "0");
  CHECK(reply_outcome(&reply) == OUTCOME_TIMEOUT);
  reply_clear(&reply);
}

static void another_code_than_success_is_a_failure(void) {
  uint8_t bad[sizeof good];
  memcpy(bad, good, sizeof good);
  bad[9] = 'X';
  struct reply reply = begun();
  CHECK(reply_data(&reply, bad, sizeof bad));
  header(&reply, "grpc-status", "0");
  CHECK(reply_outcome(&reply) == OUTCOME_FAILED);
  reply_clear(&reply);

  /* A length that passes the end of the message. */
  memcpy(bad, good, sizeof good);
  bad[6] = 200;
  reply = begun();
  CHECK(reply_data(&reply, bad, sizeof bad));
  header(&reply, "grpc-status", "0");
  CHECK(reply_outcome(&reply) == OUTCOME_FAILED);
  reply_clear(&reply);
}

static void what_breaks_a_limit_is_refused(void) {
  static const uint8_t at_limit[] = {0, 0, 0x40, 0, 0}, past_limit[] = {0, 0, 0x40, 0, 1};
  static const uint8_t compressed[] = {1, 0, 0, 0, 1};
  struct reply reply = begun();
  CHECK(reply_data(&reply, at_limit, sizeof at_limit));
  reply_clear(&reply);
  reply = begun();
  CHECK(!reply_data(&reply, past_limit, sizeof past_limit));
  CHECK(reply.message == NULL);
  reply = begun();
  CHECK(!reply_data(&reply, compressed, sizeof compressed));
  reply = begun();
  CHECK(reply_data(&reply, good, sizeof good));
  CHECK(!reply_data(&reply, good, 1));
  reply_clear(&reply);
  reply = (struct reply){0};
  header(&reply, ":status", "502");
  CHECK(!reply_data(&reply, good, sizeof good));
}

static void requests_are_the_bytes_that_updraft_sends(void) {
  static const uint8_t predict[] = {
      0,    0,    0,    0, 57,   0x0a, 7,    'p', 'r',  'e', 'd',  'i',  'c',  't',  0x12, 11,
      0x08, 1,    0x12, 7, 0x10, 3,    0x1a, 3,   'B',  'T', 'C',  0x12, 16,   0x08, 2,    0x12,
      12,   0x10, 2,    0x1a, 8, 0x80, 0x51, 1,   0,    0,   0,    0,    0,    0x12, 16,   0x08,
      3,    0x12, 12,   0x10, 2, 0x1a, 8,    0x2c, 1,   0,   0,    0,    0,    0,    0};
  struct request request = request_call(METHOD_PREDICT, 0);
  CHECK(request.count == sizeof predict - 0);
  CHECK(memcmp(request.bytes + 5, predict + 5, sizeof predict - 5) == 0);
  CHECK(request.bytes[4] == request.count - 5);
  request_free(&request);

  request = request_call(METHOD_TICK, 4660000);
  CHECK(request.count > 4659000 && request.count < 4661000);
  size_t length = (size_t)request.bytes[1] << 24 | (size_t)request.bytes[2] << 16 |
                  (size_t)request.bytes[3] << 8 | request.bytes[4];
  CHECK(length == request.count - 5);
  CHECK(memcmp(request.bytes + request.count - 3, "]]}", 3) == 0);
  request_free(&request);
}

static void the_rest_of_a_write_is_what_has_not_been_sent(void) {
  static const uint8_t body[] = "0123456789";
  struct gather *gather = calloc(1, sizeof *gather);
  CHECK(gather_copy(gather, (const uint8_t *)"ab", 2));
  CHECK(gather_copy(gather, (const uint8_t *)"cd", 2));
  gather_refer(gather, body, 10);
  CHECK(gather_copy(gather, (const uint8_t *)"ef", 2));
  CHECK(gather->segment_count == 3 && gather->byte_count == 16);
  for (size_t sent = 0; sent < 16; sent++) {
    struct pending_write *rest = gather_rest(gather, sent);
    char text[32] = "";
    for (unsigned i = 0; i < rest->segment_count; i++)
      strncat(text, rest->segments[i].base, rest->segments[i].len);
    CHECK(strcmp(text, &"abcd0123456789ef"[sent]) == 0);
    free(rest);
  }
  uint8_t block[1024] = {0};
  gather_clear(gather);
  while (gather_copy(gather, block, sizeof block)) {}
  CHECK(gather->byte_count == GATHER_SCRATCH_BYTES);
  free(gather);
}

static enum options_result parse(struct options *options, int count, char **arguments) {
  char problem[256];
  return options_parse(count, arguments, options, problem, sizeof problem);
}

static void flags_are_read_or_refused(void) {
  struct options options;
  char *all[] = {"limit", "--port", "20000", "--models", "1000", "--method", "tick",
                 "--arg-bytes", "4660000", "--timeout", "0.5"};
  CHECK(parse(&options, 11, all) == OPTIONS_OK);
  CHECK(options.port == 20000 && options.models == 1000 && options.method == METHOD_TICK);
  CHECK(options.arg_bytes == 4660000 && options.timeout_s == 0.5 && options.rounds == 1);
  char *none[] = {"limit"}, *half[] = {"limit", "--port"}, *help[] = {"limit", "--help"};
  CHECK(parse(&options, 1, none) == OPTIONS_BAD);
  CHECK(parse(&options, 2, half) == OPTIONS_BAD);
  CHECK(parse(&options, 2, help) == OPTIONS_HELP);
  char *bad[] = {"limit", "--port", "20000", "--models", "1.5"};
  CHECK(parse(&options, 5, bad) == OPTIONS_BAD);
  char *past[] = {"limit", "--port", "65000", "--models", "1000"};
  CHECK(parse(&options, 5, past) == OPTIONS_BAD);
}

static void percentiles_are_of_the_rank_above(void) {
  const double values[] = {1, 2, 3, 4};
  CHECK(percentile(values, 4, 0.5) == 2);
  CHECK(percentile(values, 4, 0.99) == 4);
  CHECK(percentile(values, 4, 0) == 1);
  CHECK(percentile(values, 0, 0.5) == 0);
}

int main(void) {
  an_answer_is_read_however_it_is_cut();
  an_answer_needs_its_status_and_its_whole_message();
  another_code_than_success_is_a_failure();
  what_breaks_a_limit_is_refused();
  requests_are_the_bytes_that_updraft_sends();
  the_rest_of_a_write_is_what_has_not_been_sent();
  flags_are_read_or_refused();
  percentiles_are_of_the_rank_above();
  return failure_count ? 1 : 0;
}
