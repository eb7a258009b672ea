/// A question to the price API, as a server reads it.
public struct PriceQuery: Hashable, Sendable {
  /// Why a question cannot be answered, by parameter.
  public struct Problem: Error, Hashable, Sendable {
    /// The query parameter.
    public let parameter: String
    /// What is wrong with it and what would be right.
    public let message: String
    /// What was given; nil when it is missing.
    public let input: String?
  }

  /// Points that one answer holds at most: a week of seconds, about 13 MB.
  public static let pointsMax: Int64 = 604_801

  /// The asset's code.
  public let asset: String
  /// Unix seconds, both ends included; nil when all of it lies in the future.
  public let span: ClosedRange<Int64>?
  /// The distance between two points.
  public let resolution: PriceResolution

  /// Reads a query; of a name that is given twice the first counts, unknown names are ignored.
  ///
  /// - Parameters:
  ///   - items: names and values, percent-decoded.
  ///   - assets: the assets that there are.
  ///   - latest: Unix seconds that the answer must not go beyond.
  /// - Returns: the query, or every problem of it.
  public static func read(
    _ items: [(name: String, value: String)], assets: [String], latest: Int64
  ) -> (query: PriceQuery?, problems: [Problem]) {
    var reader = PriceQueryReader(items: items)
    let asset = reader.asset(of: assets)
    let from = reader.time("from")
    let to = reader.time("to")
    let resolution = reader.resolution()
    guard reader.problems.isEmpty, let asset, let from, let to, let resolution else {
      return (nil, reader.problems)
    }
    guard from <= to else {
      return (nil, [Problem(parameter: "to", message: "must not be before from", input: "\(to)")])
    }
    let end = min(to, latest)
    guard from <= end else {
      return (PriceQuery(asset: asset, span: nil, resolution: resolution), [])
    }
    let count = (end - from) / resolution.seconds + 1
    guard count <= pointsMax else {
      let message =
        "\(count) points are more than the \(pointsMax) of one answer; shorten the span or use a "
        + "coarser resolution"
      return (nil, [Problem(parameter: "from", message: message, input: "\(from)")])
    }
    return (PriceQuery(asset: asset, span: from...end, resolution: resolution), [])
  }
}

/// Reads one parameter after the other and collects what is wrong.
private struct PriceQueryReader {
  let items: [(name: String, value: String)]
  var problems: [PriceQuery.Problem] = []

  mutating func asset(of assets: [String]) -> String? {
    let known = "one of \(assets.joined(separator: ", "))"
    guard let value = value("asset") else { return fail("asset", "is required: \(known)", nil) }
    return assets.contains(value) ? value : fail("asset", "must be \(known)", value)
  }

  mutating func time(_ name: String) -> Int64? {
    guard let value = value(name) else { return fail(name, "is required, Unix seconds", nil) }
    // Beyond 2⁴⁰ s (the year 36812) it is milliseconds or a mistake.
    guard let seconds = Int64(value), seconds >= 0, seconds < 1 << 40 else {
      return fail(name, "must be Unix seconds, a whole number", value)
    }
    return seconds
  }

  mutating func resolution() -> PriceResolution? {
    guard let value = value("resolution") else { return .minute }
    let known = PriceResolution.knownAPINames.joined(separator: ", ")
    return PriceResolution(apiName: value) ?? fail("resolution", "must be one of \(known)", value)
  }

  private func value(_ name: String) -> String? { items.first { $0.name == name }?.value }

  private mutating func fail<Value>(
    _ parameter: String, _ message: String, _ input: String?
  ) -> Value? {
    problems.append(PriceQuery.Problem(parameter: parameter, message: message, input: input))
    return nil
  }
}
