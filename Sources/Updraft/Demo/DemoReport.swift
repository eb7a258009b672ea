import Competition
import GameSetup
import HTTPClient
import JSON

/// Where the demo's report is, and whether it tells the game.
struct DemoReport {
  /// The API's port: Condor's, unless that is taken.
  let port = DemoPort.free(8_000)
  /// The web pages' port: Condor's, unless that is taken.
  let pagesPort = DemoPort.free(3_000)

  /// The address of the web pages.
  var pagesAddress: String { "http://127.0.0.1:\(pagesPort)" }
  /// The address of the API.
  var address: String { "http://127.0.0.1:\(port)" }

  /// The lines of game.yml.
  var settings: String {
    "report:\n  listen: [\"127.0.0.1:\(port)\"]\n  ui_listen: [\"127.0.0.1:\(pagesPort)\"]\n"
  }

  /// How many rounds asked from `time` on the API tells of; nil when it doesn't answer.
  func roundCount(since time: UTCTime) async -> Int? {
    let url = "\(address)/reports/rounds?limit=10000"
    return await runBlocking {
      guard let answer = try? HTTPFetcher().get(url, limits: HTTPLimits(timeout: .seconds(5))),
        let rounds = try? JSONValue.parse(bytes: answer.body).arrayValue
      else { return nil }
      return rounds.count { ($0["performed_at"]?.stringValue ?? "") >= time.iso8601 }
    }
  }
}
