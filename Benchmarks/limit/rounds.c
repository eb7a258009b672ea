#include "rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "peer.h"
#include "report.h"

enum { CONNECT_WAIT_MS = 10000 };

/* All models and the round under way. */
struct run {
  const struct options *options;
  uv_loop_t loop;
  struct peer_world world;
  struct peer *peers; /* Shape: [options->models] */
  struct request body;
  char timeout_text[32];
  uv_timer_t timer;   /* the end of the connecting, a round's deadline or the next round's start */
  int settled_count;  /* peers that are ready, or have failed to be */
  int open_count;     /* calls of the round that have not ended */
  bool is_starting;   /* whether the round's calls are still being made */
  bool is_over;
  int sent_count;     /* in all rounds */
  uint64_t begun_ns;  /* of the connecting, then of the round */
  uint64_t due_ns;    /* when the next round is to start */
  double cpu_begun_ms;
  struct round_report round;
  struct summary_report summary;
};

static double elapsed_ms(uint64_t since_ns) { return (double)(uv_hrtime() - since_ns) / 1e6; }

static void start_round(struct run *run);
static void timer_did_fire(uv_timer_t *timer);

/* Has the timer fire after `ms`, counted from now and not from the start of the loop's turn. */
static void arm(struct run *run, double ms) {
  uv_update_time(&run->loop);
  uv_timer_start(&run->timer, timer_did_fire, ms > 0 ? (uint64_t)(ms + 0.999) : 0, 0);
}

static void handle_will_close(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void close_all(struct run *run) {
  run->is_over = true;
  for (int i = 0; i < run->options->models; i++) peer_close(&run->peers[i]);
  handle_will_close((uv_handle_t *)&run->timer);
}

static void release_answers(struct run *run) {
  for (int i = 0; i < run->options->models; i++) reply_clear(&run->peers[i].reply);
}

static void count_answer_bytes(struct run *run) {
  for (int i = 0; i < run->options->models; i++) {
    const struct reply *reply = &run->peers[i].reply;
    if (reply->message && reply->filled == reply->length) run->round.answer_bytes += reply->length;
  }
}

/* Every call has ended: the answers lie in memory, all of them, and are counted before they are
 * released. The next round starts from the timer, never inside a session's callback. */
static void end_round(struct run *run) {
  run->round.wall_ms = elapsed_ms(run->begun_ns);
  run->round.cpu_ms = process_cpu_ms() - run->cpu_begun_ms;
  count_answer_bytes(run);
  report_round(&run->round);
  run->summary.wall_ms[run->summary.rounds++] = run->round.wall_ms;
  run->summary.cpu_ms += run->round.cpu_ms;
  run->sent_count += run->round.sent;
  double wait_ms = run->due_ns > uv_hrtime() ? (double)(run->due_ns - uv_hrtime()) / 1e6 : 0;
  arm(run, wait_ms);
}

static void call_did_end(void *context, enum outcome outcome) {
  struct run *run = context;
  if (outcome == OUTCOME_SUCCESS) run->round.success++;
  if (outcome == OUTCOME_FAILED) run->round.failed++;
  if (outcome == OUTCOME_TIMEOUT) run->round.timeout++;
  if (--run->open_count == 0 && !run->is_starting) end_round(run);
}

static void start_round(struct run *run) {
  release_answers(run);
  uint64_t now = uv_hrtime(), interval = (uint64_t)(run->options->interval_s * 1e9);
  run->due_ns = (run->due_ns > 0 ? run->due_ns : now) + interval;
  if (run->due_ns < now) run->due_ns = now;
  run->round = (struct round_report){.number = run->summary.rounds + 1};
  run->cpu_begun_ms = process_cpu_ms();
  run->begun_ns = now;
  run->is_starting = true;
  run->open_count = 0;
  for (int i = 0; i < run->options->models; i++) {
    if (run->peers[i].state != PEER_READY) continue;
    run->open_count++;
    if (peer_call(&run->peers[i], &run->body, run->timeout_text))
      run->round.sent++;
    else
      call_did_end(run, OUTCOME_TIMEOUT);
  }
  run->is_starting = false;
  arm(run, run->options->timeout_s * 1e3 - elapsed_ms(run->begun_ns));
  if (run->open_count == 0) end_round(run);
}

static void deadline_came(struct run *run) {
  run->is_starting = true; /* the round ends once, below */
  for (int i = 0; i < run->options->models; i++) {
    if (run->peers[i].state != PEER_READY || !run->peers[i].stream) continue;
    peer_cancel(&run->peers[i]);
    reply_clear(&run->peers[i].reply);
    call_did_end(run, OUTCOME_TIMEOUT);
  }
  run->is_starting = false;
  end_round(run);
}

static void connecting_is_over(struct run *run) {
  run->summary.connect_ms = elapsed_ms(run->begun_ns);
  run->summary.rss_idle_mb = process_memory_mb("VmRSS:");
  run->settled_count = -1;
  for (int i = 0; i < run->options->models; i++)
    run->summary.connected += run->peers[i].state == PEER_READY;
  start_round(run);
}

static void timer_did_fire(uv_timer_t *timer) {
  struct run *run = timer->data;
  if (run->settled_count >= 0) return connecting_is_over(run);
  if (run->open_count > 0) return deadline_came(run);
  if (run->summary.rounds < run->options->rounds) return start_round(run);
  close_all(run);
}

static void peer_did_settle(struct run *run) {
  if (run->settled_count < 0 || ++run->settled_count < run->options->models) return;
  arm(run, 0);
}

static void peer_did_become_ready(void *context) { peer_did_settle(context); }

static void peer_was_lost(void *context, bool was_ready, const char *reason) {
  struct run *run = context;
  if (run->is_over) return;
  fprintf(stderr, "limit: a model's connection is gone: %s\n", reason);
  if (!was_ready) peer_did_settle(run);
}

static void open_all(struct run *run) {
  const struct options *options = run->options;
  int result = uv_loop_init(&run->loop);
  if (result < 0) fail("create an event loop: %s", uv_strerror(result));
  uv_timer_init(&run->loop, &run->timer);
  run->timer.data = run;
  peer_world_open(&run->world, &run->loop,
                  (struct peer_events){.did_become_ready = peer_did_become_ready,
                                       .did_end_call = call_did_end,
                                       .did_close = peer_was_lost,
                                       .context = run});
  run->body = request_call(options->method, options->arg_bytes);
  snprintf(run->timeout_text, sizeof run->timeout_text, "%.0fm", options->timeout_s * 1e3);
  run->peers = allocate_zeroed((size_t)options->models, sizeof *run->peers);
  run->summary.models = options->models;
  run->summary.wall_ms = allocate_zeroed((size_t)options->rounds, sizeof(double));
  run->begun_ns = uv_hrtime();
  for (int i = 0; i < options->models; i++)
    peer_open(&run->peers[i], &run->world, options->host, options->port + i);
  arm(run, CONNECT_WAIT_MS);
}

int run_rounds(const struct options *options) {
  struct run *run = allocate_zeroed(1, sizeof *run);
  run->options = options;
  open_all(run);
  uv_run(&run->loop, UV_RUN_DEFAULT);
  report_summary(&run->summary);
  int code = run->sent_count > 0 ? 0 : 1;
  int busy = uv_loop_close(&run->loop);
  if (busy < 0) fail("handles were left open: %s", uv_strerror(busy));
  peer_world_close(&run->world);
  request_free(&run->body);
  free(run->summary.wall_ms);
  free(run->peers);
  free(run);
  return code;
}
