import Competition
import Logging

/// One log line being put together: what both formats share.
///
/// Whatever participants or peers send may end up in a line, so control characters are escaped (a
/// line stays one line) and long texts are cut (`messageBytesMax`, `valueBytesMax`).
struct LogLine {
  /// A message is cut after so many bytes: the longest error text and what can be done about it.
  static let messageBytesMax = 8 << 10
  /// A metadata value is cut after so many bytes.
  static let valueBytesMax = 2 << 10

  /// `2026-11-22T11:01:54.820Z`: UTC, always three decimals.
  static func timestamp(_ time: UTCTime) -> String {
    let milliseconds = time.truncatedToMilliseconds
    let second = UTCTime(secondsSinceEpoch: time.secondsSinceEpoch)
    let rest = milliseconds.since(second).milliseconds
    let digits = String(rest)
    return second.iso8601 + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
  }

  /// The handler's, the provider's and the event's own metadata, the later one winning, by key.
  static func fields(
    handler: Logger.Metadata, provider: Logger.MetadataProvider?, event: LogEvent
  ) -> [(key: String, value: Logger.MetadataValue)] {
    var all = handler
    if let provider { all.merge(provider.get()) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = .string("\(error)") }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// `text`, or at most its first `bytesMax` bytes and how many are missing.
  static func cut(_ text: String, to bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    let bytes = Array(text.utf8)
    var kept = bytesMax
    while kept > 0, bytes[kept] & 0b1100_0000 == 0b1000_0000 { kept -= 1 }
    return String(decoding: bytes[..<kept], as: UTF8.self) + "… (+\(bytes.count - kept) bytes)"
  }
}
