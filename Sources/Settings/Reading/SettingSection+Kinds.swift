import Competition

/// The kinds of values that settings have, each with its words for what is expected.
extension SettingSection {
  func text(_ key: String, default preset: String) -> String {
    value(key, expected: "a text that is not empty") { $0.isEmpty ? nil : $0 } ?? preset
  }

  func optionalText(_ key: String, isSecret: Bool = false) -> String? {
    value(key, expected: "a text that is not empty, or null", isSecret: isSecret) {
      $0.isEmpty ? nil : $0
    }
  }

  func duration(_ key: String, default preset: Duration) -> Duration {
    let example = preset == .seconds(60) ? "60s" : preset.text
    return value(key, expected: "a duration > 0 such as \(example)") {
      guard let duration = Duration(text: $0), duration > .zero else { return nil }
      return duration
    } ?? preset
  }

  /// A duration, or nil for `never`.
  func durationOrNever(_ key: String, default preset: Duration?) -> Duration? {
    let given: Duration?? = value(key, expected: "a duration > 0 such as 1d, or never") {
      text -> Duration?? in
      if text == "never" { return .some(nil) }
      guard let duration = Duration(text: text), duration > .zero else { return nil }
      return .some(duration)
    }
    return given ?? preset
  }

  func count(_ key: String, default preset: Int, in range: ClosedRange<Int>) -> Int {
    value(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      guard let number = Int($0), range.contains(number) else { return nil }
      return number
    } ?? preset
  }

  func bytes(_ key: String, default preset: Int, in range: ClosedRange<Int>) -> Int {
    let low = ByteCountText.describe(range.lowerBound)
    let high = ByteCountText.describe(range.upperBound)
    return value(key, expected: "a size from \(low) to \(high) such as 4MiB") {
      guard let count = ByteCountText.parse($0), range.contains(count) else { return nil }
      return count
    } ?? preset
  }

  func fraction(_ key: String, default preset: Double) -> Double {
    value(key, expected: "a number from 0 to 1 such as \(preset)") {
      guard let number = Double($0), (0...1).contains(number) else { return nil }
      return number
    } ?? preset
  }

  func flag(_ key: String, default preset: Bool) -> Bool {
    value(key, expected: "true or false") { ["true": true, "false": false][$0] } ?? preset
  }

  func port(_ key: String, default preset: UInt16) -> UInt16 {
    value(key, expected: "a port from 1 to 65535") { UInt16($0).flatMap { $0 > 0 ? $0 : nil } }
      ?? preset
  }

  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, default preset: Value
  ) -> Value where Value.RawValue == String {
    let names = Value.allCases.map(\.rawValue).joined(separator: " or ")
    return value(key, expected: names) { Value(rawValue: $0) } ?? preset
  }
}
