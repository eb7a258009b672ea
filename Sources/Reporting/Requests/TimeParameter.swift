import Competition

/// A time as callers write it, read as FastAPI (pydantic 2) reads it: ISO 8601 with or without a
/// zone, a date alone, or Unix time in seconds (milliseconds from 2·10¹⁰ on).
enum TimeParameter {
  /// Beyond this, Unix time is milliseconds (pydantic's own bound).
  private static let secondsMax = 2e10
  /// From 0001-01-01 to the end of 9999, what a Python `datetime` can hold, seconds since 1970.
  private static let range = -62_135_596_800.0..<253_402_300_800.0

  /// The time, or pydantic's words for what is wrong with it as a date.
  static func read(_ text: String) -> Result<UTCTime, Flaw> {
    if let number = unixTime(text) {
      let seconds = abs(number) > secondsMax ? number / 1_000 : number
      guard range.contains(seconds) else {
        return .failure(Flaw("dates after 9999 are not supported"))
      }
      return .success(UTCTime(microsecondsSinceEpoch: Int64((seconds * 1e6).rounded())))
    }
    if let time = UTCTime(iso8601: normalized(text)) {
      let seconds = Double(time.secondsSinceEpoch)
      return range.contains(seconds) ? .success(time) : .failure(Flaw("year is out of range"))
    }
    return .failure(flaw(Array(text.utf8)))
  }

  /// Why a text is no time.
  struct Flaw: Error, Hashable, Sendable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// Digits with a sign and a fraction; nothing else that Swift would take for a number.
  private static func unixTime(_ text: String) -> Double? {
    let marks = Set("+-.".utf8)
    let isPlain = text.utf8.allSatisfy { marks.contains($0) || $0.isDigit }
    return isPlain && text.utf8.count <= 32 ? Double(text) : nil
  }

  /// Date and time may be joined by an underscore, too, and the fraction by a comma.
  private static func normalized(_ text: String) -> String {
    var bytes = Array(text.utf8)
    if bytes.count > 10, bytes[10] == UInt8(ascii: "_") { bytes[10] = UInt8(ascii: "T") }
    if bytes.count > 19, bytes[19] == UInt8(ascii: ",") { bytes[19] = UInt8(ascii: ".") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first thing that is wrong with the text as a date.
  private static func flaw(_ bytes: [UInt8]) -> Flaw {
    guard bytes.count >= 10 else { return Flaw("input is too short") }
    for (places, part) in [(0..<4, "year"), (5..<7, "month"), (8..<10, "day")] {
      if part != "year", bytes[places.lowerBound - 1] != UInt8(ascii: "-") {
        return Flaw("invalid date separator, expected `-`")
      }
      guard bytes[places].allSatisfy(\.isDigit) else { return Flaw("invalid character in \(part)") }
    }
    let month = number(bytes[5..<7])
    guard (1...12).contains(month) else {
      return Flaw("month value is outside expected range of 1-12")
    }
    let date = String(decoding: bytes[..<10], as: UTF8.self)
    guard UTCTime(iso8601: date) != nil else { return Flaw("day value is outside expected range") }
    return Flaw("unexpected extra characters at the end of the input")
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int {
    digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
