internal import Glibc

/// Numbers for people: three significant digits.
public enum NumberText {
  /// `0.123`, `1.23`, `12.3`, `123`, `12345`, whole numbers as they are; `–` for what is no number.
  public static func describe(_ value: Double) -> String {
    guard !value.isNaN else { return "–" }
    guard value.isFinite else { return value > 0 ? "∞" : "−∞" }
    let size = abs(value)
    if value == value.rounded(), size < 1e15 { return String(Int64(value)) }
    let digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3
    let factor = pow(10, Double(digits))
    let rounded = (value * factor).rounded() / factor
    return digits == 0 ? String(Int64(rounded)) : String(rounded)
  }
}
