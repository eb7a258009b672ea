import Competition
import JSON
import Logging
import ScoreStore
import Scoring

/// The game's own program scores.
///
/// A prediction over which the program ends, hangs or answers nonsense is tried again in a new
/// process; after `triesMax` it fails with that reason. A program that never gave a score, or that
/// fails over `stuckMax` predictions one after another, is taken to be broken itself: nothing of
/// the batch is stored, and the next run tries again.
final class ProgramScorer: RoundScorer {
  private static let triesMax = 3
  private static let stuckMax = 3
  private static let firstBackoff = Duration.milliseconds(100)
  private static let backoffMax = Duration.seconds(10)

  private let command: [String]
  private let timeout: Duration
  private let metrics: ScoreMetrics
  private let logger: Logger
  private let isStopped: () -> Bool
  private var program: ScoringProgram?
  private var backoff = firstBackoff
  private var hasScored = false
  private var stuckCount = 0

  init(
    _ command: [String], timeout: Duration, metrics: ScoreMetrics, logger: Logger,
    isStopped: @escaping () -> Bool
  ) {
    self.command = command
    self.timeout = timeout
    self.metrics = metrics
    self.logger = logger
    self.isStopped = isStopped
  }

  func measure(for asset: String) -> RealizedMoves.Measure? { .logReturn }

  func score(_ prediction: ScorablePrediction, _ truth: RoundTruth) throws -> ScoreOutcome {
    guard prediction.status == .success else {
      return .failed(reason: "there is no answer to score: \(prediction.status.rawValue)")
    }
    let line = Self.line(prediction, truth)
    var last: ProgramFault?
    for _ in 1...Self.triesMax {
      do throws(ProgramFault) {
        let outcome = try ask(line)
        (hasScored, stuckCount, backoff) = (true, 0, Self.firstBackoff)
        return outcome
      } catch {
        close()
        guard error.code != .stopped else { throw error }
        last = error
        metrics.programFailed()
        logger.warning(
          "the scoring program failed over a prediction",
          metadata: ["prediction": "\(prediction.id)", "reason": "\(error)"])
        Pause.rest(backoff, isStopped: isStopped)
        backoff = min(backoff * 2, Self.backoffMax)
        if error.code == .notStarted { throw error }
      }
    }
    stuckCount += 1
    guard let last, hasScored, stuckCount < Self.stuckMax else {
      throw last ?? ProgramFault(.ended, "it never answered")
    }
    return .failed(reason: "\(last) (\(Self.triesMax) times)")
  }

  func close() {
    program?.end()
    program = nil
  }

  private func ask(_ line: [UInt8]) throws(ProgramFault) -> ScoreOutcome {
    let running: ScoringProgram
    if let program {
      running = program
    } else {
      running = try ScoringProgram(command, isStopped: isStopped)
      program = running
      metrics.programStarted()
      logger.info("the scoring program was started", metadata: ["program": "\(command[0])"])
    }
    return try ProgramAnswer.read(try running.ask(line, timeout: timeout))
  }

  /// One line: what was asked, what was answered, what happened.
  static func line(_ prediction: ScorablePrediction, _ truth: RoundTruth) -> [UInt8] {
    let params = prediction.params
    let head: JSONValue = [
      "id": .string(prediction.id),
      "params": [
        "asset": .string(params.asset), "horizon": .int(Int64(params.horizonSeconds)),
        "step": .int(Int64(params.stepSeconds)),
      ],
      "performed_at": .string(prediction.performedAt.iso8601),
      "resolvable_at": .string(prediction.resolvableAt.iso8601),
      "prices": .array(truth.prices.map { [.int($0.timestampSeconds), .double($0.price)] }),
    ]
    var line: [UInt8] = []
    head.append(to: &line)
    line.removeLast()
    line += Array(",\"distributions\":".utf8)
    if prediction.distributions.isEmpty {
      line += Array("null".utf8)
    } else {
      // A line end can stand between JSON's words only, never in a text.
      line += prediction.distributions.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }
    return line + [0x7D, 0x0A]
  }
}
