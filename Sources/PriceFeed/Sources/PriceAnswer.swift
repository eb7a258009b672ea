import JSON

/// The price API's answer, `{"timestamp":[…],"close":[…]}`.
enum PriceAnswer {
  /// Joins the two arrays; the numbers' values are checked by `PriceBatch`.
  ///
  /// `fractionalCount` counts timestamps that are no whole seconds; their points are left out.
  static func points(
    in body: [UInt8], subject: String
  ) throws(PriceError) -> (points: [PricePoint], fractionalCount: Int) {
    let arrays = try numberArrays(body, subject: subject)
    let timestamps = try array("timestamp", of: arrays, body, subject: subject)
    let closes = try array("close", of: arrays, body, subject: subject)
    guard timestamps.count == closes.count else {
      throw malformed(
        subject, "\"timestamp\" has \(timestamps.count) numbers, \"close\" has \(closes.count)")
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
    do {
      return try body.withUnsafeBytes { try JSONNumbers.parse($0) }
    } catch {
      throw malformed(subject, "\(error)")
    }
  }

  /// The array of that name; one with gaps, which the fast way leaves out, has NaN in their place.
  private static func array(
    _ name: String, of arrays: [String: [Double]], _ body: [UInt8], subject: String
  ) throws(PriceError) -> [Double] {
    if let array = arrays[name] { return array }
    let value: JSONValue
    do {
      value = try body.withUnsafeBytes { try JSONValue.parse($0) }
    } catch {
      throw malformed(subject, "\(error)")
    }
    guard let elements = value[name]?.arrayValue else {
      let keys = value.objectValue?.prefix(5).map(\.key).joined(separator: ", ") ?? ""
      throw malformed(subject, "the answer has no array \"\(name)\", only \"\(keys)\"")
    }
    return elements.map { $0.doubleValue ?? .nan }
  }

  private static func malformed(_ subject: String, _ detail: String) -> PriceError {
    PriceError(
      .malformed, subject: subject, detail: detail,
      advice: "check that the address is the price API", isWorthRetrying: true)
  }
}
