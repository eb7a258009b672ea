import Competition
import FlyingFox
import Foundation
import JSON
import PriceFeed

/// Answers the price API from a simulated market: never a price of the future.
struct PriceServer: HTTPHandler {
  // FlyingFox has a type of this name too.
  private typealias JSONValue = JSON.JSONValue

  let market: SimulatedMarket
  let assets: [String]

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    switch (request.method, request.path) {
    case (.GET, "/v1/prices"): prices(request)
    case (.GET, "/healthz"): Self.answer(.ok, ["status": "ok"])
    default: Self.answer(.notFound, ["detail": "Not Found"])
    }
  }

  private func prices(_ request: HTTPRequest) -> HTTPResponse {
    let (query, problems) = PriceQuery.read(
      request.query.map { ($0.name, $0.value) }, assets: assets,
      latest: UTCTime.now().secondsSinceEpoch)
    guard let query else {
      return Self.answer(
        .unprocessableContent, ["detail": .array(problems.map(Self.detail))])
    }
    let points =
      query.span.map { market.points(of: query.asset, in: $0, every: query.resolution) } ?? []
    return Self.answer(.ok, bytes: PriceAnswerText.bytes(of: points))
  }

  private static func detail(of problem: PriceQuery.Problem) -> JSONValue {
    [
      "type": problem.input == nil ? "missing" : "value_error",
      "loc": ["query", .string(problem.parameter)],
      "msg": .string("\(problem.parameter) \(problem.message)"),
      "input": problem.input.map { .string($0) } ?? .null,
    ]
  }

  private static func answer(_ status: HTTPStatusCode, _ value: JSONValue) -> HTTPResponse {
    answer(status, bytes: Array(value.text().utf8))
  }

  private static func answer(_ status: HTTPStatusCode, bytes: [UInt8]) -> HTTPResponse {
    // The server sends head and body in two packets, and on a connection that is used again the
    // second waits 40 ms for the acknowledgement of the first: a new connection is faster.
    HTTPResponse(
      statusCode: status, headers: [.contentType: "application/json", .connection: "close"],
      body: Data(bytes))
  }
}
