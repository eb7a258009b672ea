import Competition
public import Logging

/// Writes one JSON object per line (NDJSON): `time`, `level`, `logger`, `message`, then the
/// metadata under its own keys.
///
/// Metadata that would hide one of the four first keys gets a `_` behind its own. Values are JSON
/// strings, except integers, floating-point numbers and booleans, nested arrays and objects.
public struct JSONLogHandler: LogHandler {
  /// Metadata of every line of this logger.
  public var metadata: Logger.Metadata = [:]
  /// Metadata that is looked up for each line.
  public var metadataProvider: Logger.MetadataProvider?
  /// The lowest level that is written.
  public var logLevel: Logger.Level

  private let label: String
  private let sink: LogSink
  private static let reserved: Set<String> = ["time", "level", "logger", "message"]

  /// Writes the lines of the logger called `label` to `sink`.
  public init(label: String, level: LogLevel, sink: LogSink = .standardError) {
    self.label = label
    self.logLevel = level.loggerLevel
    self.sink = sink
  }

  /// One metadata value.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) { sink.write(line(event, at: .now())) }

  /// The line of `event`, newline included.
  func line(_ event: LogEvent, at time: UTCTime) -> String {
    var line = "{\"time\":\"" + LogLine.timestamp(time) + "\",\"level\":\"\(event.level)\""
    line += ",\"logger\":" + JSONText.string(label) + ",\"message\":"
    let message = LogLine.cut(event.message.description, to: LogLine.messageBytesMax)
    JSONText.append(message, to: &line)
    let fields = LogLine.fields(handler: metadata, provider: metadataProvider, event: event)
    for (key, value) in fields {
      line += "," + JSONText.string(Self.reserved.contains(key) ? key + "_" : key) + ":"
      Self.append(value, to: &line)
    }
    return line + "}\n"
  }

  private static func append(_ value: Logger.MetadataValue, to line: inout String) {
    switch value {
    case .string(let text):
      JSONText.append(LogLine.cut(text, to: LogLine.valueBytesMax), to: &line)
    case .stringConvertible(let value): appendConvertible(value, to: &line)
    case .array(let values):
      line += "["
      for (index, value) in values.enumerated() {
        if index > 0 { line += "," }
        append(value, to: &line)
      }
      line += "]"
    case .dictionary(let values):
      line += "{"
      for (index, pair) in values.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { line += "," }
        line += JSONText.string(pair.key) + ":"
        append(pair.value, to: &line)
      }
      line += "}"
    }
  }

  private static func appendConvertible(
    _ value: any CustomStringConvertible, to line: inout String
  ) {
    switch value {
    case let number as any FixedWidthInteger: line += "\(number)"
    case let number as Double: line += JSONText.number(number)
    case let flag as Bool: line += flag ? "true" : "false"
    default: JSONText.append(LogLine.cut(value.description, to: LogLine.valueBytesMax), to: &line)
    }
  }
}
