import Competition
public import Logging

/// Writes log lines for people:
/// `2026-11-22T11:01:54.820Z notice  [orchestrator] model started model=m7 port=9107`.
public struct TextLogHandler: LogHandler {
  /// Metadata of every line of this logger.
  public var metadata: Logger.Metadata = [:]
  /// Metadata that is looked up for each line.
  public var metadataProvider: Logger.MetadataProvider?
  /// The lowest level that is written.
  public var logLevel: Logger.Level

  private let label: String
  private let sink: LogSink

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
    let level = "\(event.level)"
    var line = LogLine.timestamp(time) + " " + level
    line += String(repeating: " ", count: max(1, 8 - level.count)) + "[" + label + "] "
    let message = LogLine.cut(event.message.description, to: LogLine.messageBytesMax)
    line += OneLine.escaped(message)
    let fields = LogLine.fields(handler: metadata, provider: metadataProvider, event: event)
    for (key, value) in fields {
      line += " " + OneLine.escaped(key) + "="
      line += Self.quoted(LogLine.cut(value.description, to: LogLine.valueBytesMax))
    }
    return line + "\n"
  }

  /// A value as it is when it is one plain word, else quoted.
  private static func quoted(_ text: String) -> String {
    let plain =
      !text.isEmpty
      && !text.unicodeScalars.contains {
        OneLine.isControl($0) || $0 == " " || $0 == "\"" || $0 == "="
      }
    return plain ? text : JSONText.string(text)
  }
}
