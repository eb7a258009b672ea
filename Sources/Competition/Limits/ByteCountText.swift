/// A number of bytes as operators write it: `4MiB`, `1GiB`, `512KiB`, `1000` or `40KB`.
public enum ByteCountText {
  private static let units: [(suffix: String, bytes: Double)] = [
    ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("KB", 1e3), ("MB", 1e6),
    ("GB", 1e9), ("B", 1),
  ]

  /// Reads a byte count; nil when it is not a non-negative number with a known unit.
  public static func parse(_ text: String) -> Int? {
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = unit.map { String(text.dropLast($0.suffix.count)) } ?? text
    guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
    let bytes = (value * (unit?.bytes ?? 1)).rounded()
    return bytes < 9e18 ? Int(bytes) : nil
  }

  /// Writes a byte count for people: `4 MiB`, `54.6 MiB`, `812 B`.
  public static func describe(_ bytes: Int) -> String {
    let steps: [(Int, String)] = [
      (1_073_741_824, "GiB"), (1_048_576, "MiB"), (1_024, "KiB"),
    ]
    for (size, suffix) in steps where bytes >= size {
      let tenths = (Double(bytes) / Double(size) * 10).rounded() / 10
      return tenths == tenths.rounded() ? "\(Int(tenths)) \(suffix)" : "\(tenths) \(suffix)"
    }
    return "\(bytes) B"
  }
}
