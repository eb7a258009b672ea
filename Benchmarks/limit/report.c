#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

void report_round(const struct round_report *round) {
  printf("{\"round\":%d,\"wall_ms\":%.3f,\"cpu_ms\":%.3f,\"success\":%d,\"failed\":%d,"
         "\"timeout\":%d,\"sent\":%d,\"answer_bytes\":%llu}\n",
         round->number, round->wall_ms, round->cpu_ms, round->success, round->failed,
         round->timeout, round->sent, (unsigned long long)round->answer_bytes);
  fflush(stdout);
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double percentile(const double *sorted, int count, double share) {
  if (count == 0) return 0;
  int rank = (int)ceil(count * share);
  return sorted[(rank < 1 ? 1 : rank > count ? count : rank) - 1];
}

void report_summary(struct summary_report *summary) {
  double *wall = summary->wall_ms;
  int count = summary->rounds;
  qsort(wall, (size_t)count, sizeof *wall, ascending);
  printf("{\"summary\":true,\"models\":%d,\"connected\":%d,\"connect_ms\":%.3f,\"rounds\":%d,"
         "\"wall_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"cpu_ms_per_round\":%.3f,"
         "\"rss_idle_mb\":%.1f,\"rss_peak_mb\":%.1f,\"reports\":[]}\n",
         summary->models, summary->connected, summary->connect_ms, count,
         percentile(wall, count, 0.5), percentile(wall, count, 0.99), percentile(wall, count, 1),
         count ? summary->cpu_ms / count : 0, summary->rss_idle_mb, process_memory_mb("VmHWM:"));
}

double process_cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

double process_memory_mb(const char *line) {
  FILE *file = fopen("/proc/self/status", "re");
  if (!file) return 0;
  char text[256];
  double megabytes = 0;
  while (fgets(text, sizeof text, file)) {
    if (strncmp(text, line, strlen(line)) == 0)
      megabytes = strtod(text + strlen(line), NULL) / 1024;
  }
  fclose(file);
  return megabytes;
}
