@testable import PriceFeed

/// The price API's answer, on its way into a series.
struct PriceText: FuzzTarget {
  static let name = "prices"
  private static let latest: Int64 = 2_000_000_000

  func run(_ input: UnsafeRawBufferPointer) {
    let answer: (points: [PricePoint], fractionalCount: Int)
    do throws(PriceError) {
      answer = try PriceAnswer.points(in: Array(input), subject: "BTC")
    } catch {
      promise(error.description.contains("BTC"), "a refusal names what was asked for")
      return
    }
    let batch = PriceBatch(raw: answer.points, latest: Self.latest)
    promise(
      batch.points.count + batch.dropped.totalCount == answer.points.count,
      "every point is kept or counted")
    promise(
      zip(batch.points, batch.points.dropFirst())
        .allSatisfy { $0.timestampSeconds < $1.timestampSeconds }, "kept points are in order")
    var series = PriceSeries(windowSeconds: 600)
    let half = batch.points.count / 2
    series.append(contentsOf: batch.points[..<half])
    series.append(contentsOf: batch.points)
    promise(series.count <= 601, "a series holds its window alone")
    promise(series.newest == batch.points.last, "the newest point is kept")
    promise(series.count + series.expiredCount == batch.points.count, "each is appended once")
    if let oldest = series.oldest {
      let rest = series.points(after: oldest.timestampSeconds)
      promise(rest.count == series.count - 1, "all but the oldest come after it")
    }
  }
}

extension PriceText {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    let texts = [
      ("answer", #"{"timestamp":[1763812800,1763812860],"close":[86000.5,86001]}"#),
      ("gaps", #"{"timestamp":[60,120,60.5,1e30],"close":[1,null,3,0]}"#),
      ("uneven", #"{"timestamp":[1],"close":[]}"#), ("error", #"{"detail":"no such asset"}"#),
    ]
    return texts.map { ($0, Array($1.utf8)) }
  }
}
