public import Competition
import Glibc

/// The name of one running version of a model: `{model_id}_{YYYYMMDD_HHMMSS_mmm}`, local time.
public enum DeploymentID {
  /// The id of a process started at `time`, in the machine's time zone.
  public static func text(_ modelID: ModelID, at time: UTCTime) -> String {
    var seconds = time_t(time.secondsSinceEpoch)
    var parts = tm()
    localtime_r(&seconds, &parts)
    let millis = Int((time.microsecondsSinceEpoch / 1_000) % 1_000)
    let date =
      padded(Int(parts.tm_year) + 1_900, 4) + padded(Int(parts.tm_mon) + 1, 2)
      + padded(Int(parts.tm_mday), 2)
    let clock =
      padded(Int(parts.tm_hour), 2) + padded(Int(parts.tm_min), 2) + padded(Int(parts.tm_sec), 2)
    return "\(modelID)_\(date)_\(clock)_\(padded(millis, 3))"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
