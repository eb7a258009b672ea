import ArgumentParser
import Competition
import ServiceRuntime
import Storage

/// `updraft spool export`.
struct SpoolExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print the rows that wait for the database.",
    discussion: """
      One row for each outcome, oldest round first, with the answer as it was received. Of a round \
      that has not ended, only what has arrived. Exits 1 when something could not be read; the \
      rest is printed.
      """)

  /// How rows are written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case jsonl
    case csv
  }

  @OptionGroup var place: SpoolPlace
  @Option(help: "JSON objects, one a line, or a CSV file with a title line.")
  var format = Format.jsonl

  func run() async throws {
    try await runSpoolCommand("export", place) { folder in
      let listing = try folder.list()
      let text = PredictionRowText()
      if format == .csv { Output.write(Array((PredictionRowText.csvHeader + "\r\n").utf8)) }
      var faults = listing.damaged.map { "\($0): the round's header can't be read" }
      let isHeld = folder.holder != nil
      for file in listing.segments {
        do throws(SpoolError) {
          let round = try folder.read(file)
          faults += try write(round, with: text)
          if !(isHeld && round.mayBeInProgress) { faults += round.damage.map(\.description) }
        } catch {
          switch error.code {
          case .missing: continue
          case .io: throw error
          default: faults.append("\(file.name): \(error.message)")
          }
        }
      }
      guard faults.isEmpty else {
        throw StartFailure(
          "not everything could be read: " + faults.joined(separator: "; "), exitCode: .incomplete)
      }
    }
  }

  /// Writes a round's rows, each when its answer has been read and checked.
  ///
  /// - Returns: what could not be read.
  private func write(
    _ round: RecoveredRound, with text: PredictionRowText
  ) throws(SpoolError) -> [String] {
    var faults: [String] = []
    for (index, record) in round.record().records.enumerated() {
      guard round.closing != nil || round.answers[index] != nil else { continue }
      do throws(SpoolError) {
        let value = try round.value(at: index)
        Output.write(
          format == .csv
            ? text.csvLine(record, value: value) : text.jsonLine(record, value: value))
      } catch {
        guard error.code == .damaged else { throw error }
        faults.append("\(record.id): \(error.message)")
      }
    }
    return faults
  }
}
