import Competition
import Yams

/// Reads `isolation`, `run-as` and `limits` of `infrastructure.runner`.
enum IsolationForm {
  /// `isolation`, which may also stand at the file's top and at a model; nil when it isn't there or
  /// wrong.
  static func isolation(_ reader: SettingReader) -> Isolation? {
    guard let text = reader.text("isolation") else { return nil }
    let value = Isolation(rawValue: text)
    if value == nil { reader.fail("isolation", "must be one of \(Isolation.choices), got \(text)") }
    return value
  }

  static func runAs(_ reader: SettingReader) -> ModelUser? {
    guard let name = reader.text("run-as") else { return nil }
    guard let user = ModelUser(named: name) else {
      reader.fail("run-as", "there is no user \(name.prefix(60)); make it, or name another one")
      return nil
    }
    if user.isRoot { reader.fail("run-as", "must not be root") }
    if !ModelUser.weAreRoot, user.id != ModelUser.own.id {
      reader.fail("run-as", "needs an orchestrator that runs as root; or leave it out")
    }
    return user
  }

  static func limits(_ reader: SettingReader) -> ModelLimits {
    var limits = ModelLimits()
    if let bytes = size("memory", from: 16 << 20, reader) { limits.memoryBytes = bytes }
    if let count = reader.integer("files", in: 16...1_048_576) { limits.files = count }
    if let count = reader.integer("processes", in: 1...1_048_576) { limits.processes = count }
    if let time = reader.duration("cpu") {
      limits.cpuSeconds = max(1, Int(time.inSeconds.rounded(.up)))
    }
    if let bytes = size("file-size", from: 4_096, reader) { limits.fileSizeBytes = bytes }
    if let bytes = size("log-size", from: 4_096, reader) { limits.logSizeBytes = bytes }
    reader.refuseUnknownKeys()
    return limits
  }

  private static func size(_ key: String, from low: Int, _ reader: SettingReader) -> Int? {
    guard let text = reader.text(key) else { return nil }
    guard let bytes = ByteCountText.parse(text), (low...(1 << 50)).contains(bytes) else {
      reader.fail(
        key,
        "must be a size such as 512MiB or 4GiB, at least \(ByteCountText.describe(low)),"
          + " got \(text)")
      return nil
    }
    return bytes
  }
}
