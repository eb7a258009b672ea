import ArgumentParser
import Benchmarking
import Competition
import ServiceRuntime

/// `updraft bench capacity`: what a round costs, by the number of models and the size of answers.
struct CapacityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Measure a grid: models by answer sizes, and where it bends.",
    discussion: """
      For each size and number of models one fleet and one client: the median round, its CPU time \
      and memory, and how many rounds a minute that leaves room for. A cell whose answers are more \
      than limits.round_bytes_max together (1 GiB) is left out: such rounds are cut off.
      """)

  @Option(
    help: ArgumentHelp("Numbers of models, separated by commas.", valueName: "list"),
    transform: CapacityCommand.numbers)
  var models = [10, 100, 500, 1_000, 2_000, 5_000]
  @Option(
    help: ArgumentHelp("Sizes of an answer, bytes, separated by commas.", valueName: "list"),
    transform: CapacityCommand.numbers)
  var replyBytes = [1_000, 55_000, 1_000_000]
  @Option(help: ArgumentHelp("Measured rounds of a cell, after 2.", valueName: "n")) var rounds = 10
  @Option(help: ArgumentHelp("Our client's loop threads.", valueName: "n")) var loops = 1
  @OptionGroup var output: BenchOutput

  private static func numbers(_ text: String) throws -> [Int] {
    let numbers = text.split(separator: ",").map { Int($0) }
    guard !numbers.isEmpty, !numbers.contains(nil) else {
      throw ValidationError("must be numbers separated by commas, got \"\(text)\"")
    }
    return numbers.compactMap(\.self)
  }

  private var plans: [BenchPlan] {
    replyBytes.flatMap { bytes in
      models.map { count in
        var plan = BenchPlan(.fanout)
        (plan.models, plan.replyBytes, plan.runs) = (count, bytes, 1)
        (plan.rounds, plan.loops) = (rounds, loops)
        return plan
      }
    }
  }

  func validate() throws {
    if let problem = plans.lazy.compactMap(\.problem).first { throw ValidationError(problem) }
  }

  func run() async throws {
    try await runCommand("bench capacity") {
      try output.check()
      var cells: [CapacityCell] = []
      for plan in plans where plan.models * plan.replyBytes <= Limits().roundBytesMax {
        let report = try await BenchRun(plan: plan, drawsMap: false).run()
        guard let cell = CapacityCell(report) else { continue }
        cells.append(cell)
      }
      var table = TextTable(
        CapacityCell.columns.map { ($0, .right) })
      for cell in cells { table.add(cell.texts) }
      Output.line("\(Machine.current.text), commit \(await BenchStage.commit())\n")
      for line in table.lines { Output.line(line) }
      try output.write(
        jsonLines: cells.map { $0.json.text() + "\n" }.joined(),
        page: CapacityCell.page(cells, machine: .current))
    }
  }
}
