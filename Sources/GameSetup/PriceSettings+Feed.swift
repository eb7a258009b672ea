public import Settings
import Competition
public import PriceFeed

extension PriceSettings {
  /// The source that the settings name.
  ///
  /// - Throws: `PriceError` for an address or a file that can't be used.
  public func makeSource() throws(PriceError) -> any PriceSource {
    switch source {
    case .http: try HTTPPriceSource(url: url, resolution: feedResolution)
    case .csv: try CSVPriceSource(path: path ?? "")
    }
  }

  /// How the feed asks the source.
  public var feedOptions: FeedOptions {
    var options = FeedOptions()
    options.history = history
    options.resolution = feedResolution
    options.requestTimeout = timeout
    return options
  }

  /// The configuration has checked that the price API serves it.
  private var feedResolution: PriceResolution { PriceResolution(resolution) ?? .minute }
}
