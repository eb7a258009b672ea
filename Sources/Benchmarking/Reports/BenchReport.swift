internal import JSON

/// Everything that a benchmark gave, as it is printed, kept and compared.
public struct BenchReport: Sendable {
  /// The layout of the JSON lines.
  public static let version: Int64 = 1

  /// What was done.
  public var plan: BenchPlan
  /// Where.
  public var machine: Machine
  /// The commit of the measured programs; `unknown` outside of a checkout.
  public var commit: String
  /// When it began, ISO 8601, UTC.
  public var startedAt: String
  /// The command that was given.
  public var command: String
  /// In the order in which they ran.
  public var runs: [CandidateRun] = []
  /// Ours, from a run of its own that is not counted; nil when the scenario has no models.
  public var heatMap: HeatMap?

  /// A report without runs yet.
  public init(
    plan: BenchPlan, machine: Machine, commit: String, startedAt: String, command: String
  ) {
    self.plan = plan
    self.machine = machine
    self.commit = commit
    self.startedAt = startedAt
    self.command = command
  }

  /// The candidates in the order of their first run, ours first.
  public var candidates: [String] {
    var names: [String] = []
    for run in runs where !names.contains(run.candidate) { names.append(run.candidate) }
    return names.filter { $0 == CandidateRun.ours } + names.filter { $0 != CandidateRun.ours }
  }

  /// A figure of a candidate over its runs; nil when no run has it.
  public func spread(_ figure: Figure, of candidate: String) -> RunSpread? {
    let values = runs.filter { $0.candidate == candidate }.compactMap { $0.figures[figure] }
    return values.isEmpty ? nil : RunSpread(values)
  }

  /// The figures that some run has, in the order of `Figure`.
  public var figures: [Figure] {
    Figure.allCases.filter { figure in runs.contains { $0.figures[figure] != nil } }
  }

  /// A head line, a line for each run, then one for the heat map when there is one.
  public var jsonLines: String {
    var lines = [head] + runs.map(\.json)
    if let heatMap { lines.append(heatMap.json) }
    return lines.map { $0.text() + "\n" }.joined()
  }

  /// The first line.
  var head: JSONValue {
    [
      "bench": .string(plan.scenario.rawValue), "version": .int(Self.version),
      "started_at": .string(startedAt), "commit": .string(commit), "command": .string(command),
      "machine": machine.json, "plan": plan.json,
    ]
  }

  /// Reads what `jsonLines` wrote.
  ///
  /// - Throws: `BenchError` that says what the text is not.
  public init(jsonLines text: String) throws(BenchError) {
    let lines = text.split(separator: "\n")
    guard let first = lines.first, let head = try? JSONValue.parse(text: first),
      head["bench"] != nil, let machine = head["machine"].flatMap(Machine.init),
      let plan = head["plan"].flatMap(BenchPlan.init)
    else { throw BenchError("not a report of `updraft bench --json`: its first line is no head") }
    guard head["version"]?.intValue == Self.version else {
      throw BenchError("the report has another version's layout; measure again")
    }
    self.init(
      plan: plan, machine: machine, commit: head["commit"]?.stringValue ?? "unknown",
      startedAt: head["started_at"]?.stringValue ?? "", command: head["command"]?.stringValue ?? "")
    for line in lines.dropFirst() {
      guard let object = try? JSONValue.parse(text: line) else {
        throw BenchError("a line of the report is no JSON: \(line.prefix(80))")
      }
      if let run = CandidateRun(object) {
        runs.append(run)
      } else if let map = HeatMap(object) {
        heatMap = map
      }
    }
  }
}

extension HeatMap {
  var json: JSONValue {
    [
      "heat_map": .array(
        zip(rows, cells).map { row, cells in
          [
            "first": .string(row.first), "models": .int(Int64(row.modelCount)),
            "cells": .array(cells.map { .double($0.number) }),
          ]
        })
    ]
  }

  init?(_ json: JSONValue) {
    guard let lines = json["heat_map"]?.arrayValue else { return nil }
    self.init(
      rows: lines.map {
        Row(first: $0["first"]?.stringValue ?? "", modelCount: Int($0["models"]?.intValue ?? 1))
      },
      cells: lines.map { line in
        (line["cells"]?.arrayValue ?? []).map { Cell(number: $0.doubleValue ?? -3) }
      })
  }
}
