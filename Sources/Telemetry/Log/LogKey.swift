/// The metadata keys of every log line: constant, in snake case, with the unit last.
///
/// A collector can rely on them; a new key is added here and nowhere else.
public enum LogKey {
  // What a line is about.
  /// The model's id.
  public static let model = "model"
  /// The running version of the model.
  public static let deployment = "deployment"
  /// The competition's id.
  public static let crunch = "crunch"
  /// The participant's id or name.
  public static let cruncher = "cruncher"
  /// The method that is called: `tick` or `predict`.
  public static let method = "method"
  /// The round's number since the start of the program.
  public static let round = "round"
  /// The asset, for example `BTC`.
  public static let asset = "asset"
  /// How far ahead a prediction looks, seconds.
  public static let horizonSeconds = "horizon_s"
  /// The distance of two forecast points, seconds.
  public static let stepSeconds = "step_s"
  /// The time that a round was asked, UTC.
  public static let performedAt = "performed_at"

  // How it went.
  /// The outcome of one call or row.
  public static let status = "status"
  /// Models or rows that succeeded, a count.
  public static let success = "success"
  /// Models or rows that failed, a count.
  public static let failed = "failed"
  /// Models that gave no usable answer in time, a count.
  public static let timeout = "timeout"
  /// Known models that were not called, a count.
  public static let absent = "absent"
  /// Calls that were really sent, a count.
  public static let sent = "sent"
  /// Calls that the breaker held back, a count.
  public static let skipped = "skipped"
  /// Why something is as it is, one line.
  public static let reason = "reason"
  /// What the reader can do next, one line.
  public static let remedy = "remedy"
  /// An error's stable code.
  public static let code = "code"
  /// PostgreSQL's five-character error code.
  public static let sqlstate = "sqlstate"
  /// The C library's or the system's error number.
  public static let errno = "errno"
  /// The state before a change.
  public static let oldState = "old_state"
  /// The state after a change.
  public static let newState = "new_state"

  // How much and how long.
  /// Time from start to end, milliseconds.
  public static let wallMillis = "wall_ms"
  /// How late something began after its time, milliseconds.
  public static let lateMillis = "late_ms"
  /// The median latency, milliseconds.
  public static let p50Millis = "p50_ms"
  /// The latency that 99 of 100 stay below, milliseconds.
  public static let p99Millis = "p99_ms"
  /// The longest latency, milliseconds.
  public static let maxMillis = "max_ms"
  /// The wait before the next try, milliseconds.
  public static let backoffMillis = "backoff_ms"
  /// The time since the last good news, seconds.
  public static let ageSeconds = "age_s"
  /// The number of the try, from 1.
  public static let attempt = "attempt"
  /// How many, when the message says of what.
  public static let count = "count"
  /// How many models, a count.
  public static let models = "models"
  /// Rows written or read, a count.
  public static let rows = "rows"
  /// Points of a price series, a count.
  public static let points = "points"
  /// Bytes, a count.
  public static let bytes = "bytes"
  /// The bound that was met, in the unit of what it bounds.
  public static let limit = "limit"

  // Where.
  /// A host and port, `127.0.0.1:9091`.
  public static let address = "address"
  /// A URL without credentials.
  public static let url = "url"
  /// A file or folder.
  public static let path = "path"
  /// A setting's name, `predict.timeout`.
  public static let setting = "setting"
  /// A process id.
  public static let pid = "pid"
  /// The number of a signal.
  public static let signal = "signal"
  /// A process's exit code.
  public static let exitCode = "exit_code"
  /// The version of a program.
  public static let version = "version"
}
