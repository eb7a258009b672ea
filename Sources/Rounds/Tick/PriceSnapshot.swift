/// The prices of all assets as they were at one instant, so that all groups of a tick see the same.
public struct PriceSnapshot: Sendable {
  /// Per asset, in the game's order: prices strictly ascending by time.
  private let series: [(asset: String, prices: [TickPrice])]

  /// Wraps series that are strictly ascending by time; prices that are not finite are left out.
  public init(_ series: [(asset: String, prices: [TickPrice])]) {
    self.series = series.map { entry in
      let areFinite = entry.prices.allSatisfy { $0.price.isFinite }
      return (
        entry.asset, areFinite ? entry.prices : entry.prices.filter { $0.price.isFinite }
      )
    }
  }

  /// Reads what any of the candidates may lack.
  public init(of assets: [String], from port: some PricePort, for candidates: [TickCandidate]) {
    self.init(
      assets.map { asset in
        var oldest: Int64? = .max
        for candidate in candidates {
          guard let mark = candidate.seen[asset] else {
            oldest = nil
            break
          }
          oldest = oldest.map { min($0, mark) }
        }
        return (asset, port.prices(of: asset, after: oldest))
      })
  }

  /// The newest time of each asset that has prices here.
  public var newest: PriceMarks {
    var marks: PriceMarks = [:]
    for entry in series { if let last = entry.prices.last { marks[entry.asset] = last.seconds } }
    return marks
  }

  /// What somebody lacks who has seen the prices up to `marks`.
  public func prices(after marks: PriceMarks) -> [(asset: String, prices: ArraySlice<TickPrice>)] {
    series.compactMap { entry in
      let start = marks[entry.asset].map { Self.firstIndex(in: entry.prices, after: $0) } ?? 0
      return start < entry.prices.count ? (entry.asset, entry.prices[start...]) : nil
    }
  }

  private static func firstIndex(in prices: [TickPrice], after seconds: Int64) -> Int {
    var low = 0
    var high = prices.count
    while low < high {
      let middle = (low + high) / 2
      if prices[middle].seconds > seconds { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
