import Competition
import Glibc
import Logging
import Synchronization

/// A worker's metrics, as it writes them to a file.
final class WorkerMetrics: Sendable {
  /// A larger file is none of a worker's.
  static let bytesMax = 4 << 20
  /// How long a text is taken to be the newest; a worker writes one every 5 s.
  private static let freshFor = Duration.seconds(1)

  private struct Kept {
    var text = ""
    var readAt: MonotonicInstant?
    var failure: String?
  }

  private let path: String?
  private let logger: Logger
  private let kept = Mutex(Kept())

  init(path: String?, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// The file's text, each line ended; empty when there is none.
  func text() -> String {
    guard let path else { return "" }
    let now = MonotonicInstant.now()
    return kept.withLock { kept in
      if let readAt = kept.readAt, now.since(readAt) < Self.freshFor { return kept.text }
      kept.readAt = now
      switch Self.read(path) {
      case .success(let text): (kept.text, kept.failure) = (text, nil)
      case .failure(let reason):
        if kept.failure != reason.text {
          logger.warning(
            "metrics_file can't be read",
            metadata: ["path": "\(path)", "reason": "\(reason.text)"])
        }
        (kept.text, kept.failure) = ("", reason.text)
      }
      return kept.text
    }
  }

  /// From the predict worker's text: how old the newest price is of the asset that has waited
  /// longest, seconds, those of closed markets left out; nil when that isn't known. What nobody has
  /// written lately grows older.
  func feedAgeSeconds(at now: UTCTime) -> Double? {
    var ages: [Substring: Double] = [:]
    var closed: Set<Substring> = []
    var writtenAt: Double?
    for line in text().split(separator: "\n") where line.hasPrefix("updraft_") {
      guard let space = line.lastIndex(of: " "),
        let value = Double(line[line.index(after: space)...])
      else { continue }
      let name = line.prefix { $0 != "{" && $0 != " " }
      switch name {
      case "updraft_prices_age_seconds": ages[Self.asset(in: line)] = value
      case "updraft_market_closed": if value == 1 { closed.insert(Self.asset(in: line)) }
      case "updraft_metrics_timestamp_seconds": writtenAt = value
      default: break
      }
    }
    guard let worst = ages.filter({ !closed.contains($0.key) }).values.max() else { return nil }
    let seconds = Double(now.microsecondsSinceEpoch) / 1e6
    return worst + max(0, writtenAt.map { seconds - $0 } ?? 0)
  }

  private static func asset(in line: Substring) -> Substring {
    guard let start = line.firstRange(of: "asset=\"")?.upperBound else { return "" }
    return line[start...].prefix { $0 != "\"" }
  }

  private struct Reason: Error {
    let text: String
  }

  private static func read(_ path: String) -> Result<String, Reason> {
    guard let file = fopen(path, "rbe") else {
      // Before the worker's first text there is nothing to tell.
      if errno == ENOENT { return .success("") }
      return .failure(Reason(text: String(cString: strerror(errno))))
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count <= bytesMax else { return .failure(Reason(text: "it is larger than 4 MiB")) }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      return .failure(Reason(text: "it is no UTF-8 text"))
    }
    return .success(text.isEmpty || text.hasSuffix("\n") ? text : text + "\n")
  }
}
