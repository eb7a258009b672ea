import Logging
import Synchronization

/// A logger's lines, kept for tests.
final class RecordedLog: Sendable {
  private let lines = Mutex<[String]>([])

  /// A logger that writes here; the metadata follows the message.
  var logger: Logger {
    Logger(label: "test") { _ in Handler(log: self) }
  }

  /// Whether a line contains all of these texts.
  func contains(_ parts: String...) -> Bool {
    lines.withLock { $0.contains { line in parts.allSatisfy { line.contains($0) } } }
  }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      let pairs = all.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
      log.lines.withLock { $0.append("\(event.level) \(event.message) \(pairs)") }
    }
  }
}
