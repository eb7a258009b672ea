/// A client of somebody else, measured beside ours: `NAME=COMMAND`.
///
/// A COMMAND with places such as `{port}` gets them filled in; one without gets the flags
/// `--host --port --models --rounds --interval --timeout --method --arg-bytes` appended. It prints
/// what `updraft call --json` prints.
public struct PeerCommand: Hashable, Sendable {
  /// The name in tables; not ours, which is `updraft`.
  public let name: String
  /// The words for a shell.
  public let command: String

  /// What a client is told.
  public struct Call: Hashable, Sendable {
    /// The first model's port; the others follow.
    public var port: Int
    /// The orchestrator's port.
    public var orchestratorPort: Int
    /// The competition.
    public var crunch: String
    /// How many models to call.
    public var models: Int
    /// How many rounds.
    public var rounds: Int
    /// Seconds from one scheduled start to the next.
    public var intervalSeconds: Double
    /// The deadline of a round, seconds.
    public var timeoutSeconds: Double
    /// `predict` or `tick`.
    public var method: String
    /// The size of the call's argument, bytes.
    public var argumentBytes: Int
    /// A JSON file with the argument; empty without one.
    public var argumentFile: String

    /// A call with every value given.
    public init(
      port: Int, orchestratorPort: Int, crunch: String, models: Int, rounds: Int,
      intervalSeconds: Double, timeoutSeconds: Double, method: String, argumentBytes: Int,
      argumentFile: String
    ) {
      self.port = port
      self.orchestratorPort = orchestratorPort
      self.crunch = crunch
      self.models = models
      self.rounds = rounds
      self.intervalSeconds = intervalSeconds
      self.timeoutSeconds = timeoutSeconds
      self.method = method
      self.argumentBytes = argumentBytes
      self.argumentFile = argumentFile
    }

    fileprivate var values: [(name: String, value: String)] {
      [
        ("host", "127.0.0.1"), ("port", "\(port)"), ("models", "\(models)"),
        ("rounds", "\(rounds)"), ("interval", "\(intervalSeconds)"),
        ("timeout", "\(timeoutSeconds)"), ("method", method), ("arg-bytes", "\(argumentBytes)"),
      ]
    }

    /// What `method` is called with: Condor's question, or the price history.
    fileprivate var arguments: String {
      argumentFile.isEmpty ? "BTC i:86400 i:300" : "'@\(argumentFile)'"
    }
  }

  /// Reads `NAME=COMMAND`; nil when a part is missing or the name is ours.
  public init?(text: String) {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    name = String(text[..<equals])
    command = String(text[text.index(after: equals)...])
    guard !name.isEmpty, !command.isEmpty, name != CandidateRun.ours,
      name.allSatisfy({ !$0.isNewline && $0 != "," })
    else { return nil }
  }

  /// The line for a shell.
  public func line(for call: Call) -> String {
    let places =
      call.values.map { ("{\($0.name)}", $0.value) } + [
        ("{crunch}", call.crunch), ("{orchestrator}", "127.0.0.1:\(call.orchestratorPort)"),
        ("{arguments}", call.arguments),
      ]
    guard places.contains(where: { command.contains($0.0) }) else {
      return command + call.values.map { " --\($0.name) \($0.value)" }.joined()
    }
    return places.reduce(command) { $0.replacing($1.0, with: $1.1) }
  }
}
