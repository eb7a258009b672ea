import Competition
import Testing

@testable import PriceFeed

@Suite struct HTTPPriceSourceTests {
  @Test func theQuestionIsTheAPIsOwn() throws {
    let server = try ScriptedServer { _ in .prices([(60, 1.5), (120, 2.5)]) }
    defer { server.stop() }
    let batch = try ask(server.url(), asset: "BTC/USD ü")
    #expect(batch.points == [point(60, 1.5), point(120, 2.5)])
    #expect(batch.dropped.totalCount == 0)
    #expect(
      server.targets == ["/v1/prices?asset=BTC%2FUSD%20%C3%BC&from=0&to=1000&resolution=minute"])
    _ = try ask(server.url("/v1/prices?key=k"))
    #expect(server.targets.last == "/v1/prices?key=k&asset=BTC&from=0&to=1000&resolution=minute")
  }

  @Test(arguments: [("1s", "second"), ("60s", "minute"), ("1h", "hour"), ("1d", "day")])
  func eachResolutionHasItsWord(text: String, word: String) throws {
    let resolution = try #require(Duration(text: text).flatMap { PriceResolution($0) })
    #expect(resolution.apiName == word)
    #expect(PriceResolution(apiName: word) == resolution)
  }

  @Test func settingsThatCannotWorkAreRefusedAtTheStart() throws {
    for url in ["", "ftp://host/", "host/v1", "http//host", "http://a b", "http://a#b"] {
      let error = #expect(throws: PriceError.self, "\(url)") {
        try HTTPPriceSource(url: url, resolution: .minute)
      }
      #expect(error?.code == .badSetting)
    }
    let odd = try #require(PriceResolution(.seconds(7)))
    #expect(throws: PriceError.self) { try HTTPPriceSource(url: "http://h/", resolution: odd) }
    #expect(PriceResolution(.milliseconds(500)) == nil)
    #expect(PriceResolution(.zero) == nil)
    #expect(PriceResolution(.seconds(86_401)) == nil)
  }

  @Test(arguments: [
    (#"<html>"#, "JSON"), (#"[1,2]"#, "object"), (#"{"timestamp":[1]}"#, "no array \"close\""),
    (#"{"close":[1]}"#, "no array \"timestamp\""), ("", "JSON"),
    (#"{"timestamp":[1,2],"close":[1]}"#, "\"timestamp\" has 2 numbers, \"close\" has 1"),
    (#"{"timestamp":1,"close":[1]}"#, "no array \"timestamp\""),
    (#"{"timestamp":[1],"close":[NaN]}"#, "NaN"), (#"{"timestamp":[1],"close":[1"#, ""),
  ])
  func answersThatAreNoPricesAreErrorsThatSayWhy(body: String, part: String) throws {
    let server = try ScriptedServer { _ in .answer(200, body) }
    defer { server.stop() }
    let error = #expect(throws: PriceError.self) { try ask(server.url()) }
    #expect(error?.code == .malformed)
    #expect(error?.isWorthRetrying == true)
    #expect(error?.subject == "BTC from \(server.url())")
    #expect(part.isEmpty || error?.detail.contains(part) == true, "\(error?.detail ?? "")")
  }

  @Test func badPointsAreDroppedAndTheRestKept() throws {
    let body =
      #"{"timestamp":[300,60,60,120.5,180,240,99999],"close":[3,1,9,2,null,-4,5],"x":["y"]}"#
    let server = try ScriptedServer { _ in .answer(200, body) }
    defer { server.stop() }
    let batch = try ask(server.url())
    #expect(batch.points == [point(60, 1), point(300, 3)])
    #expect(batch.dropped.duplicateCount == 1)
    #expect(batch.dropped.implausibleCount == 2)
    #expect(batch.dropped.outOfRangeCount == 2)
  }

  @Test func anEmptyAnswerIsNoError() throws {
    let server = try ScriptedServer { _ in .prices([]) }
    defer { server.stop() }
    #expect(try ask(server.url()).points.isEmpty)
  }

  @Test func theServersFaultIsToldWithItsStatusOrCurlCode() throws {
    let server = try ScriptedServer { _ in .answer(502, "bad gateway") }
    let refused = #expect(throws: PriceError.self) { try ask(server.url()) }
    #expect(refused?.status == 502)
    #expect(refused?.description.contains("bad gateway") == true)
    server.stop()
    let gone = #expect(throws: PriceError.self) { try ask("http://u:secret@127.0.0.1:1/?k=secret") }
    #expect(gone?.curlCode == 7)
    #expect(gone?.code == .unreachable)
    #expect(gone?.description.contains("secret") == false)
  }

  private func point(_ timestamp: Int64, _ price: Double) -> PricePoint {
    PricePoint(timestampSeconds: timestamp, price: price)
  }

  private func ask(_ url: String, asset: String = "BTC") throws -> PriceBatch {
    try HTTPPriceSource(url: url, resolution: .minute).points(
      of: asset, in: 0...1_000, timeout: .seconds(10), isCancelled: { false })
  }
}
