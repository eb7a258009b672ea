import ArgumentParser
import Competition
import ServiceRuntime
import Storage

/// `updraft spool verify`.
struct SpoolVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read everything and tell what is damaged.",
    discussion: """
      Checks every byte against its checksum. Exits 1 when something is damaged or can't be read \
      by this version. Where a worker that holds the folder has not ended a round yet, the end of \
      its file is left alone.
      """)
  @OptionGroup var place: SpoolPlace

  func run() async throws {
    try await runSpoolCommand("verify", place) { folder in
      let listing = try folder.list()
      let isHeld = folder.holder != nil
      var summary = Summary()
      for file in listing.segments { try summary.verify(file, in: folder, isHeld: isHeld) }
      for name in listing.damaged {
        summary.tell("\(name): the round's header can't be read; the file was set aside")
      }
      for name in listing.unnamed { summary.tell("\(name): not named like a segment") }
      Output.line(summary.text)
      if summary.faults > 0 { throw ExitCode.incomplete }
    }
  }

  /// What verifying has found so far.
  private struct Summary {
    private(set) var faults = 0
    private var rounds = 0
    private var outcomes = 0
    private var bytes = 0

    mutating func tell(_ fault: String) {
      Output.line(fault)
      faults += 1
    }

    mutating func verify(
      _ file: SegmentFile, in folder: SpoolFolder, isHeld: Bool
    ) throws(SpoolError) {
      do throws(SpoolError) {
        let round = try folder.read(file)
        rounds += 1
        outcomes += round.answers.count
        bytes += round.byteCount
        guard !(isHeld && round.mayBeInProgress) else { return }
        for damage in round.damage { tell("\(damage)") }
      } catch {
        switch error.code {
        case .missing: return
        case .io: throw error
        default: tell("\(file.name): \(error.message)")
        }
      }
    }

    var text: String {
      let found = faults == 0 ? "nothing is damaged" : "\(faults) faults"
      return "\(rounds) rounds, \(outcomes) outcomes, \(ByteCountText.describe(bytes)): \(found)"
    }
  }
}
