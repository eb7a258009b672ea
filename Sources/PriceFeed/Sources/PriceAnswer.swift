import Foundation

/// The price API's answer, `{"timestamp":[…],"close":[…]}`.
enum PriceAnswer {
  /// Joins the two arrays; the numbers' values are checked by `PriceBatch`.
  static func points(
    in body: [UInt8], subject: String
  ) throws(PriceError) -> (points: [PricePoint], fractionalCount: Int) {
    let arrays = try numberArrays(body, subject: subject)
    guard let timestamps = arrays["timestamp"], let closes = arrays["close"] else {
      let missing = arrays["timestamp"] == nil ? "timestamp" : "close"
      throw malformed(subject, "the answer has no array of numbers named \"\(missing)\"")
    }
    guard timestamps.count == closes.count else {
      throw malformed(
        subject, "\"timestamp\" has \(timestamps.count) numbers, \"close\" \(closes.count)")
    }
    var points: [PricePoint] = []
    points.reserveCapacity(timestamps.count)
    var fractionalCount = 0
    for (timestamp, close) in zip(timestamps, closes) {
      guard let seconds = Int64(exactly: timestamp) else {
        fractionalCount += 1
        continue
      }
      points.append(PricePoint(timestampSeconds: seconds, price: close))
    }
    return (points, fractionalCount)
  }

  private static func numberArrays(
    _ body: [UInt8], subject: String
  ) throws(PriceError) -> [String: [Double]] {
    guard
      let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    else { throw malformed(subject, "the answer is not a JSON object") }
    return object.compactMapValues { $0 as? [Double] }
  }

  private static func malformed(_ subject: String, _ detail: String) -> PriceError {
    PriceError(
      .malformed, subject: subject, detail: detail,
      advice: "check that the address is the price API", isWorthRetrying: true)
  }
}
