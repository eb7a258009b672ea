import Glibc
import Scoring
import Testing

/// Against pip's `densitypdf` and `crunch-synth`: the same scores, and the same ones fail.
///
/// A few seconds' draw by default; `SCORE_PARITY_COUNT=500` draws that many for each family, the
/// mixtures, the scipy names and the bad inputs. `SCORE_PARITY_SEED` replays a draw.
@Suite struct ParityTests {
  /// Where ours differs on purpose, each with its reason in the script.
  private static let exceptions: Set<String> = [
    "a list is no number, although numpy takes one of one number",
    "a negative sigma must not be scored",
    "a score above 1e100 can't be averaged by PostgreSQL",
    "components that are no list can't be told from a mistake",
    "densitypdf calls dict.get with three arguments",
    "scipy's other distributions are not supported",
    "simdjson refuses what Python's json takes",
    "the density score's limit of depth holds for CRPS, too",
    "the wrapper of the participants' README is accepted",
  ]

  @Test func predictionsGetTheScoresOfThePythonPackagesAndTheSameOnesFail() throws {
    let count = number("SCORE_PARITY_COUNT", default: 12)
    let seed = number("SCORE_PARITY_SEED", default: Int.random(in: 1...1_000_000))
    print("parity: \(count) a group, SCORE_PARITY_SEED=\(seed)")
    let scale = try #require(CRPSScale(asset: "BTC"))
    let scorers = [
      "density": PredictionScorer(method: .densityPDF(cap: nil)),
      "crps": PredictionScorer(method: .crps(scale)),
    ]
    var seen: [String: Int] = [:]
    var different: [String] = []
    try ParityScript.run(count: count, seed: seed) { example in
      seen["\(example.method) \(example.group.prefix { $0 != ":" })", default: 0] += 1
      if let exception = example.exception {
        #expect(Self.exceptions.contains(exception), "not documented: \(exception)")
      }
      let scorer = try #require(scorers[example.method])
      if let difference = try example.difference(scorer) {
        different.append(
          "\(example.method), \(example.group): \(difference): \(example.text.prefix(600))")
      }
    }
    // Fifteen families and their scipy names, two kinds of mixtures, statistics, bad inputs.
    #expect(seen.count == 2 * (15 + 15 + 2 + 1 + 1))
    #expect(seen.values.allSatisfy { $0 >= count })
    let all = seen.values.reduce(0, +)
    let shown = different.prefix(40).joined(separator: "\n")
    #expect(
      different.isEmpty,
      "\(different.count) of \(all) differ (SCORE_PARITY_SEED=\(seed)):\n\(shown)")
  }

  private func number(_ name: String, default value: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? value
  }
}
