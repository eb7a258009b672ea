import Competition
public import EventLoop

/// Looks at everything that a configuration names, without starting or changing anything.
public final class Inspection {
  let configuration: OrchestratorConfiguration
  let loop: Loop
  /// The open question to the registry; nil when there is none.
  var registryProbe: RegistryProbe?
  let environment: [String: String]
  private var findings: [InspectionFinding] = []
  private var probe: InterpreterProbe?
  private var done: (([InspectionFinding]) -> Void)?

  /// Creates an inspection; `run` does it.
  public init(
    _ configuration: OrchestratorConfiguration, environment: [String: String], on loop: Loop
  ) {
    self.configuration = configuration
    self.environment = environment
    self.loop = loop
  }

  /// Looks. `done` is called once with what was found, perhaps during this call.
  public func run(_ done: @escaping ([InspectionFinding]) -> Void) {
    self.done = done
    let crunches = configuration.crunches.map(\.id).joined(separator: ", ")
    findings = [.fine("configuration", "\(configuration.file): crunches \(crunches)")]
    for text in configuration.ignored {
      findings.append(.warning("configuration", text, do: "nothing, or remove the setting"))
    }
    lookAtAddresses()
    lookAtTokens()
    lookAtFolder("logs", configuration.runner.logsFolder)
    if let api = configuration.api { lookAtAPI(api) }
    lookAtOwnership()
    lookAtFront()
    guard let registry = configuration.registry else { return go(on: readFile()) }
    lookAtRegistry(registry) { [weak self] in self?.go(on: $0) }
  }

  func add(_ finding: InspectionFinding) { findings.append(finding) }

  /// The models' own parts, once their list is there.
  private func go(on manifest: ModelManifest) {
    let models = lookAtModels(manifest)
    lookAtOwners(models)
    let path = environment["PATH"] ?? ""
    for finding in IsolationAdvice.findings(configuration.runner, models, path: path) {
      add(finding)
    }
    guard models.contains(where: { $0.launch.command == nil }) else {
      findings.append(.fine("python", "not needed: no model of this list is in Python"))
      return finish()
    }
    lookAtFolder("environments", configuration.runner.environmentsFolder)
    askInterpreter()
  }

  private func lookAtOwnership() {
    if let settings = configuration.ownership {
      return add(.fine("signatures", "checked with key \(settings.publicKey.hex)"))
    }
    let text = "submissions' signatures are not checked"
    add(
      configuration.registry == nil
        ? .fine("signatures", text)
        : .warning("signatures", text, do: "set signature-verifier.public-key"))
  }

  private func finish() {
    let done = done
    self.done = nil
    done?(findings)
  }

  private func lookAtAddresses() {
    for settings in configuration.publishers {
      lookAtAddress(settings.host, settings.port, setting: "publishers[].port")
    }
  }

  func lookAtAddress(_ host: String, _ port: UInt16, setting: String) {
    guard let address = SocketAddress(host: host, port: port) else { return }
    do {
      try TCPListener(on: address, loop: loop) { $0.close() }.close()
      findings.append(.fine("address", "\(address) is free"))
    } catch {
      findings.append(.failure("address", "\(error)", do: "stop what uses it, or set \(setting)"))
    }
  }

  private func lookAtTokens() {
    for settings in configuration.publishers {
      do {
        guard try settings.readToken(configuration.file) != nil else { continue }
        findings.append(.fine("token", settings.tokenFile ?? ""))
      } catch {
        findings.append(
          .failure("token", "\(error)", do: "make it: umask 077; openssl rand -hex 32 > FILE"))
      }
    }
  }

  func lookAtFolder(_ name: String, _ path: String) {
    var existing = path
    while !Folder.exists(existing), existing != Folder.parent(of: existing) {
      existing = Folder.parent(of: existing)
    }
    if Folder.isFolder(existing), Folder.isWritable(existing) {
      findings.append(.fine(name, existing == path ? path : "\(path) will be made"))
    } else {
      findings.append(
        .failure(
          name, "\(path) can't be written: \(existing) is no folder that we may write to",
          do: "give this user the right to write there, or set another folder"))
    }
  }

  private func readFile() -> ModelManifest {
    do {
      return try ModelManifest.read(
        configuration.modelsFile, crunchIDs: Set(configuration.crunches.map(\.id)),
        environment: environment)
    } catch {
      add(.failure("models", "\(error)", do: "write the file, or set watcher.poller.path"))
      return ModelManifest()
    }
  }

  /// The models that shall run.
  private func lookAtModels(_ manifest: ModelManifest) -> [ModelEntry] {
    for problem in manifest.problems {
      findings.append(.warning("models", "\(problem)", do: "correct the entry"))
    }
    let running = manifest.entries.filter { $0.desiredState == .running }
    findings.append(
      .fine(
        "models",
        "\(configuration.modelsSource): \(running.count) to run, "
          + "\(manifest.entries.count - running.count) stopped"))
    var gate = OwnershipGate(configuration.ownership)
    for entry in running {
      if let why = gate.refusal(of: entry, at: .now()) {
        add(.failure("model \(entry.modelID)", why, do: "let its owner submit it again"))
      }
      lookAtSubmission(entry)
    }
    return running
  }

  private func lookAtSubmission(_ entry: ModelEntry) {
    let folder = configuration.runner.submissionFolder(entry.launch.submissionID)
    let wanted = entry.launch.command == nil ? folder + "/main.py" : folder
    if Folder.exists(wanted) { return }
    findings.append(
      .failure(
        "model \(entry.modelID)", "there is no \(wanted)",
        do: "put the submission there, or correct submission_id"))
  }

  private func askInterpreter() {
    let python = configuration.runner.python
    do {
      probe = try InterpreterProbe(
        python, environment: ChildEnvironment.installer(environment), on: loop
      ) { [weak self] result in
        guard let self else { return }
        probe = nil
        switch result {
        case .success(let text): findings.append(.fine("python", text))
        case .failure(let error): refusePython(error)
        }
        finish()
      }
    } catch {
      refusePython(error)
      finish()
    }
  }

  private func refusePython(_ error: EnvironmentError) {
    findings.append(
      .failure("python", "\(error)", do: "install Python 3.11 or later with venv, or set python"))
  }
}
