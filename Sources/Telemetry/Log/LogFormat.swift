/// How log lines are written to standard error.
public enum LogFormat: String, Hashable, Sendable, CaseIterable {
  /// One line for people: time, level, program, message, `key=value` pairs.
  case text
  /// One JSON object per line (NDJSON), for collectors.
  case json
}
