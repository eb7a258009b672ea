import Competition

/// Which assets have prices, and which faults were told already.
struct AssetWatch {
  private(set) var assetsWithPrices: Set<String> = []
  private var withoutPrices: Set<String> = []
  private var toldFaults: [String: String] = [:]

  /// Looks at all assets after an update; the events tell what has changed.
  mutating func update(
    assets: [String], faults: [PriceFault], prices: some PricePort
  ) -> [GameEvent] {
    var events: [GameEvent] = []
    let reasons = Dictionary(faults.map { ($0.asset, $0.reason) }) { first, _ in first }
    assetsWithPrices = Set(assets.filter { prices.newestTime(of: $0) != nil })
    for asset in assets {
      if assetsWithPrices.contains(asset) {
        if withoutPrices.remove(asset) != nil { events.append(.assetHasPrices(asset: asset)) }
        if let reason = reasons[asset], toldFaults[asset] != reason {
          events.append(.pricesUnavailable(asset: asset, reason: reason))
        }
      } else if withoutPrices.insert(asset).inserted || toldFaults[asset] != reasons[asset] {
        let reason = reasons[asset] ?? "the source has none"
        events.append(.assetWithoutPrices(asset: asset, reason: reason))
      }
      toldFaults[asset] = reasons[asset]
    }
    withoutPrices.formIntersection(assets)
    toldFaults = toldFaults.filter { assets.contains($0.key) }
    return events
  }
}
