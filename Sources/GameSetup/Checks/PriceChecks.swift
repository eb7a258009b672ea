import Competition
public import Settings
import PriceFeed
public import ServiceRuntime

/// Whether the price source answers: one request for each asset that is asked for.
public struct PriceChecks {
  private static let name = "prices"
  /// More assets than this are not asked for one by one.
  private static let assetCountMax = 10

  private let settings: PriceSettings

  /// Checks of the source that the settings name.
  public init(_ settings: PriceSettings) { self.settings = settings }

  /// One row for each asset; nil for `assets` when they aren't known.
  public func rows(assets: [String]?) async -> [CheckRow] {
    guard let assets, !assets.isEmpty else {
      return [
        .warning(
          Self.name, "not asked: which assets are predicted is not known",
          remedy: "see the checks of the database")
      ]
    }
    let settings = settings
    return await runBlocking {
      do throws(PriceError) {
        let source = try settings.makeSource()
        return assets.prefix(Self.assetCountMax).map { Self.row(of: $0, source, settings) }
      } catch {
        return [Self.failure(error)]
      }
    }
  }

  private static func row(
    of asset: String, _ source: any PriceSource, _ settings: PriceSettings
  ) -> CheckRow {
    let now = UTCTime.now().secondsSinceEpoch
    // The newest prices are enough, and quicker than a history of a month.
    let span = min(settings.history, max(.seconds(3_600), settings.resolution * 10))
    do throws(PriceError) {
      let batch = try source.points(
        of: asset, in: (now - Int64(span.inSeconds))...now,
        timeout: min(settings.timeout, .seconds(5)),
        isCancelled: { false })
      guard let newest = batch.points.last else {
        return .warning(
          name, "\(asset): no price of the last \(span.text) at \(source.name)",
          remedy: "check the asset's name and the source; it is left out until it has prices")
      }
      let age = Duration.seconds(max(0, now - newest.timestampSeconds)).text
      return .ok(name, "\(asset): \(batch.points.count) prices, the newest \(age) old")
    } catch {
      return failure(error)
    }
  }

  private static func failure(_ error: PriceError) -> CheckRow {
    .failure(name, "\(error.subject): \(error.detail)", remedy: error.advice)
  }
}
