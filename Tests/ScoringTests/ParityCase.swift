import Competition
import Glibc
import JSON
import Scoring
import Testing

/// A prediction that the Python packages scored, as `score_parity.py` writes it.
struct ParityCase {
  let method: String
  let group: String
  let text: String
  let prices: PriceTrack
  let params: PredictionParams
  let resolvableAt: UTCTime
  /// The score that is expected of ours; nil when it must fail.
  let expected: Double?
  /// Why theirs failed.
  let error: String?
  /// Why ours differs on purpose.
  let exception: String?

  init?(line: String) {
    guard let value = try? JSONValue.parse(text: line), let method = value["method"]?.stringValue,
      let group = value["group"]?.stringValue, let text = value["text"]?.stringValue,
      let prices = value["prices"]?.arrayValue, let step = value["step"]?.intValue,
      let horizon = value["horizon"]?.intValue, let end = value["resolvable_at"]?.intValue
    else { return nil }
    self.method = method
    self.group = group
    self.text = text
    self.prices = PriceTrack(
      prices.compactMap { point in
        guard let time = point[0]?.intValue, let price = point[1]?.doubleValue else { return nil }
        return (time, price)
      })
    params = PredictionParams(asset: "BTC", horizonSeconds: Int(horizon), stepSeconds: Int(step))
    resolvableAt = UTCTime(secondsSinceEpoch: end)
    expected = value["expected"]?.doubleValue
    error = value["error"]?.stringValue
    exception = value["exception"]?.stringValue
  }

  /// Why ours and the expected score are not the same; nil when they are.
  func difference(_ scorer: PredictionScorer) throws -> String? {
    let options = TruthOptions(resolution: .seconds(300))
    let looked = RealizedMoves.look(
      in: prices, params: params, resolvableAt: resolvableAt, measure: scorer.method.measure,
      options: options)
    guard case .moves(let moves) = looked else { return "prices are missing" }
    let outcome = Array(text.utf8).withUnsafeBytes {
      scorer.score(distributions: $0, status: .success, params: params, moves: moves)
    }
    switch (outcome, expected) {
    case (.failed, nil): return nil
    case (.failed(let reason), let expected?): return "failed with \(reason), expected \(expected)"
    case (.scored(let score), nil): return "scored \(score), expected to fail: \(error ?? "")"
    case (.scored(let score), let expected?):
      let difference = abs(score - expected)
      if difference <= tolerance * abs(expected) || difference <= floor { return nil }
      return "scored \(score), expected \(expected), relative \(difference / abs(expected))"
    }
  }

  private var tolerance: Double { method == "crps" ? 1e-6 : 1e-9 }

  /// Below it scores are zero. A CRPS is a sum of rounded squares of at most 1; a density that
  /// small has lost its digits to underflow.
  private var floor: Double { method == "crps" ? 1e-12 : 1e-290 }
}

/// The script that draws and scores cases, with a Python that has the packages.
enum ParityScript {
  /// Calls `body` with each case.
  static func run(count: Int, seed: Int, _ body: (ParityCase) throws -> Void) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let python = try lines(of: "bash '/\(folder)/Python/environments.sh' score").last ?? ""
    let script = "/\(folder)/Python/score_parity.py"
    let command = "'\(python)/bin/python' '\(script)' --count \(count) --seed \(seed)"
    for line in try lines(of: command) {
      try body(try #require(ParityCase(line: line), "\(line.prefix(200))"))
    }
  }

  private static func lines(of command: String) throws -> [String] {
    let stream = try #require(popen(command, "r"))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes.append(contentsOf: buffer[..<count])
    }
    try #require(pclose(stream) == 0, "failed: \(command)")
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }
}
