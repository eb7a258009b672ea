import ArgumentParser
import FlyingFox
import PriceFeed

/// `updraft price-server`: the price HTTP API with a seeded, plausible market.
struct PriceServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "price-server",
    abstract: "Serve the price API with a simulated market.",
    discussion: """
      GET /v1/prices?asset=BTC&from=UNIX&to=UNIX&resolution=minute answers \
      {"timestamp":[…],"close":[…]} for every second, minute, hour or day up to now. The same seed \
      gives the same prices, at any time and for any span. GET /healthz answers {"status":"ok"}.
      """)

  @Option(help: "The TCP port; 0 takes any free one, which is printed.")
  var port: UInt16

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The assets, separated by commas.")
  var assets = "BTC,ETH,XAU,SOL"

  @Option(help: "Selects the market.")
  var seed: UInt64 = 1

  @Option(help: "Market seconds that pass in a second of the clock.")
  var speed = 1.0

  func validate() throws {
    guard !assetList.isEmpty else {
      throw ValidationError("--assets: must name at least one, such as BTC,ETH")
    }
    _ = try market()
    _ = try makeServer(handler: PriceServer(market: market(), assets: assetList))
  }

  func run() async throws {
    let handler = PriceServer(market: try market(), assets: assetList)
    let summary = "\(assetList.joined(separator: ",")), seed \(seed), speed \(speed)"
    try await PriceServerRun(server: makeServer(handler: handler), summary: summary).run()
  }

  private var assetList: [String] {
    assets.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
  }

  private func market() throws -> SimulatedMarket {
    guard let market = SimulatedMarket(seed: seed, speed: speed) else {
      throw ValidationError("--speed: must be from 0.001 to 100000, got \(speed)")
    }
    return market
  }

  private func makeServer(handler: PriceServer) throws -> HTTPServer {
    let name = host == "localhost" ? "127.0.0.1" : host
    do {
      return name.contains(":")
        ? HTTPServer(
          address: try .inet6(ip6: name, port: port), timeout: 10, logger: .disabled,
          handler: handler)
        : HTTPServer(
          address: try .inet(ip4: name, port: port), timeout: 10, logger: .disabled,
          handler: handler)
    } catch {
      throw ValidationError("--host: must be an IP address or localhost, got \(host)")
    }
  }
}
