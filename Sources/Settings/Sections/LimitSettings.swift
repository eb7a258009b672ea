import Competition

/// Reads `limits` into the gateway's `Limits`.
enum LimitSettings {
  static func read(_ section: SettingSection) -> Limits {
    var limits = Limits()
    limits.replyBytesMax = section.bytes(
      "reply_bytes_max", default: limits.replyBytesMax, in: 1_024...Limits.replyBytesCeiling)
    limits.roundBytesMax = section.bytes(
      "round_bytes_max", default: limits.roundBytesMax, in: 1_048_576...(1 << 40))
    limits.modelsMax = section.count("models_max", default: limits.modelsMax, in: 1...100_000)
    limits.connectsInProgressMax = section.count(
      "connects_in_progress_max", default: limits.connectsInProgressMax, in: 1...10_000)
    limits.jsonDepthMax = section.count(
      "json_depth_max", default: limits.jsonDepthMax, in: 1...1_024)
    if limits.roundBytesMax < limits.replyBytesMax {
      section.report("round_bytes_max", "must not be smaller than limits.reply_bytes_max")
    }
    return limits
  }
}
