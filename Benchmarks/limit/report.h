#ifndef LIMIT_REPORT_H
#define LIMIT_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* What one round gave; printed as one line of JSON. */
struct round_report {
  int number;
  double wall_ms;
  double cpu_ms; /* of the process, from the round's start to its end */
  int success;
  int failed;
  int timeout;
  int sent;
  uint64_t answer_bytes; /* of whole messages, successful or not */
};

/* What all rounds gave; printed as the last line. */
struct summary_report {
  int models;
  int connected;
  double connect_ms;
  double rss_idle_mb; /* before the first round, all connections standing */
  double *wall_ms;    /* Shape: [rounds]; sorted by report_summary() */
  int rounds;
  double cpu_ms;      /* of all rounds */
};

void report_round(const struct round_report *round);
void report_summary(struct summary_report *summary);

/* The value that `share` of the sorted values don't exceed; 0 without values. */
double percentile(const double *sorted, int count, double share);

/* CPU time of this process so far, user and system, milliseconds. */
double process_cpu_ms(void);

/* A line of /proc/self/status in MiB, for example "VmRSS:"; 0 when there is none. */
double process_memory_mb(const char *line);

#endif
