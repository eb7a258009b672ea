import Benchmarking

/// A report as text for people.
enum BenchTable {
  /// The head, a table of the candidates' medians, and ratios to ours.
  static func lines(_ report: BenchReport) -> [String] {
    let lines = [
      "\(report.plan.scenario.rawValue): \(report.plan.scenario.abstract)",
      "  \(report.planText)",
      "  \(report.machine.text), commit \(report.commit), seed \(report.plan.seed)", "",
    ]
    let candidates = report.candidates
    let hasPeers = candidates.count > 1
    var table = TextTable(
      [("figure", .left)] + candidates.map { ($0, .right) }
        + (hasPeers ? candidates.dropFirst().map { ("\($0) / ours", .right) } : [])
        + (report.plan.runs > 1 ? [("ours, min–max", .right)] : []))
    for figure in report.figures {
      var cells = [figure.title]
      cells += candidates.map { text(report.spread(figure, of: $0)?.median) }
      if hasPeers {
        cells += candidates.dropFirst().map { candidate in
          report.ratio(figure, of: candidate).map { "\(NumberText.describe($0)) ×" } ?? ""
        }
      }
      if report.plan.runs > 1 {
        let own = report.spread(figure, of: CandidateRun.ours)
        cells.append(own.map { "\(text($0.min))–\(text($0.max))" } ?? "")
      }
      table.add(cells)
    }
    return lines + table.lines
  }

  /// What has changed since an older report.
  static func lines(comparing new: BenchReport, with old: BenchReport) -> [String] {
    var lines = ["", "compared with \(old.commit) of \(old.startedAt)"]
    let differences = new.plan.differences(from: old.plan)
    if !differences.isEmpty {
      lines.append("  NOT THE SAME QUESTION: other \(differences.joined(separator: ", "))")
    }
    if old.machine.processor != new.machine.processor || old.machine.cores != new.machine.cores {
      lines.append("  another machine: \(old.machine.text)")
    }
    var table = TextTable([
      ("", .left), ("figure", .left), ("old", .right), ("new", .right), ("change", .right),
      ("noise", .right), ("", .left),
    ])
    for one in Comparison.all(old: old, new: new) {
      table.add([
        one.candidate, one.figure.title, NumberText.describe(one.old), NumberText.describe(one.new),
        one.changeText, one.noiseText, one.verdict.rawValue,
      ])
    }
    return lines + table.lines
  }

  private static func text(_ value: Double?) -> String { value.map(NumberText.describe) ?? "" }
}
