import Competition
import Logging
import Storage

/// Plays scripted rounds into a writer, two at a time, and says what happens in lines:
///
/// `opening 3-17`, before a round is opened · `refused 3-17`, when it was not let in · `kept 3-17
/// opening`, `kept 3-17 0,2,5` and `kept 3-17 end`, when the spool has it · `stored 3-17 replayed`
/// or `own`, after a commit.
struct ScriptedGame: Sendable {
  let seed: UInt64
  let life: Int
  let tell: @Sendable (String) -> Void

  /// The writer of a game, which tells of what it keeps and stores.
  func writer(
    _ database: DatabaseConfiguration, _ options: RoundWriterOptions, logger: Logger
  ) throws(StorageError) -> RoundWriter {
    let tell = tell
    return try RoundWriter(
      database, options: options, logger: logger,
      onStored: { stored in
        let key = ScriptedRound.Key(stored.performedAt)
        tell("stored \(key) \(stored.isReplayed ? "replayed" : "own")")
      },
      onKept: { kept in
        let key = ScriptedRound.Key(kept.performedAt)
        switch kept.content {
        case .opening: tell("kept \(key) opening")
        case .outcomes(let indexes):
          tell("kept \(key) \(indexes.map(String.init).joined(separator: ","))")
        case .end: tell("kept \(key) end")
        }
      })
  }

  /// Plays the rounds of these numbers; goes on while fewer than `queuedMax` wait.
  func play(_ numbers: Range<Int>, into writer: RoundWriter, queuedMax: Int = .max) async {
    await withTaskGroup(of: Void.self) { players in
      for first in 0..<2 {
        players.addTask {
          for number in stride(
            from: numbers.lowerBound + first, to: numbers.upperBound, by: 2)
          {
            while writer.statistics.queuedRounds > queuedMax {
              await Pace.pass(.milliseconds(1))
            }
            await play(number, into: writer)
          }
        }
      }
    }
  }

  private func play(_ number: Int, into writer: RoundWriter) async {
    let round = ScriptedRound(ScriptedRound.Key(life: life, number: number), seed: seed)
    tell("opening \(round.key)")
    guard let open = writer.open(round.opening) else { return tell("refused \(round.key)") }
    for batch in round.batches.indices {
      await Pace.pass(round.pauses[batch])
      open.arrived(round.batch(batch))
    }
    await Pace.pass(round.pauses[round.batches.count])
    open.close(round.record)
  }
}
