import Resilience
public import Telemetry

extension Orchestrator {
  /// Models by competition and state, starts, clients and their reports, for `metrics-file`.
  public var metrics: [MetricFamily] {
    let feeds = publishers.map(\.counts).reduce(FeedCounts(), +)
    return [modelsByState] + starts + [
      MetricFamily(
        .gauge, "updraft_orchestrator_clients", "Clients of the feed that are connected.",
        value: publishers.reduce(0) { $0 + $1.clientCount }),
      MetricFamily(
        .counter, "updraft_orchestrator_client_connections_total",
        "Clients that connected to the feed, with those that were turned away.",
        value: feeds.connections),
      drops(feeds), reports(feeds),
      MetricFamily(
        .counter, "updraft_orchestrator_reports_forbidden_total",
        "Failure reports of clients that may not report.", value: feeds.forbiddenReports),
      MetricFamily(
        .counter, "updraft_orchestrator_messages_refused_total",
        "Messages and reports of clients that made no sense or named no model that runs.",
        value: feeds.refusals),
    ]
  }

  /// Every state of every competition, also those that no model is in.
  private var modelsByState: MetricFamily {
    var counts: [String: [ModelPhase: Int]] = [:]
    for id in crunchIDs { counts[id] = [:] }
    for process in processes.values {
      let supervisor = process.supervisor
      counts[supervisor.entry.crunchID, default: [:]][supervisor.phase, default: 0] += 1
    }
    var family = MetricFamily(
      .gauge, "updraft_orchestrator_models", "Listed models, by what they are doing.")
    for (crunchID, phases) in counts.sorted(by: { $0.key < $1.key }) {
      for phase in ModelPhase.allCases {
        family.add(Double(phases[phase] ?? 0), ["crunch": crunchID, "state": phase.name])
      }
    }
    return family
  }

  private var starts: [MetricFamily] {
    var starts = pastStarts
    for process in processes.values { starts.add(process.supervisor.startCount) }
    return [
      MetricFamily(
        .counter, "updraft_orchestrator_starts_total", "Processes of models that were started.",
        value: starts.count),
      MetricFamily(
        .counter, "updraft_orchestrator_restarts_total",
        "Those of them that were not their model's first.", value: starts.againCount),
    ]
  }

  private func drops(_ feeds: FeedCounts) -> MetricFamily {
    var family = MetricFamily(
      .counter, "updraft_orchestrator_clients_dropped_total",
      "Clients whose connection was ended from here.")
    for reason in FeedDrop.allCases {
      family.add(Double(feeds.drops[reason] ?? 0), ["reason": reason.rawValue])
    }
    return family
  }

  private func reports(_ feeds: FeedCounts) -> MetricFamily {
    var family = MetricFamily(
      .counter, "updraft_orchestrator_reports_total",
      "Failure reports of coordinators that were accepted.")
    for code in FailureCode.allCases {
      family.add(Double(feeds.reports[code] ?? 0), ["code": code.rawValue])
    }
    return family
  }
}
