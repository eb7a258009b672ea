import Competition
import EventLoop
import HTTPClient

/// What a check looks at when the models come from a registry.
extension Inspection {
  /// Asks the registry; `done` gets its list, else the one that was kept, else an empty one.
  func lookAtRegistry(
    _ settings: RegistrySettings, _ done: @escaping (ModelManifest) -> Void
  ) {
    let address = HTTPFetcher.publicAddress(of: settings.url)
    if Self.isReadableOnTheWay(settings.url) {
      add(
        .warning(
          "registry",
          "\(address) is asked without TLS: wallets and hotkeys in its answer could be"
            + " changed on the way", do: "give an https address"))
    }
    do {
      registryProbe = try RegistryProbe(
        settings, crunches: configuration.crunches, on: loop
      ) { [weak self] result in
        guard let self else { return }
        registryProbe = nil
        done(read(result, settings, address))
      }
    } catch {
      add(.failure("registry", "\(error)", do: "raise the limits of descriptors and threads"))
      done(ModelManifest())
    }
  }

  private func read(
    _ result: Result<[UInt8], HTTPError>, _ settings: RegistrySettings, _ address: String
  ) -> ModelManifest {
    let cause: String
    switch result {
    case .success(let bytes):
      do {
        let manifest = try RegistryAnswer.read(
          bytes, from: address, crunches: configuration.crunches)
        add(.fine("registry", "\(address) answers with \(manifest.entries.count) models"))
        return manifest
      } catch {
        cause = "\(address): \(error)"
      }
    case .failure(let error): cause = "\(error)"
    }
    let file = RegistryStateFile(path: settings.stateFile)
    let remedy = "bring the registry back, or correct watcher.poller.url"
    guard let kept = try? file.read(limit: settings.answerBytesMax),
      let manifest = try? RegistryAnswer.read(
        kept.bytes, from: file.path, crunches: configuration.crunches)
    else {
      add(.failure("registry", "\(cause); no earlier answer is kept", do: remedy))
      return ModelManifest()
    }
    let age = max(0, UTCTime.now().secondsSinceEpoch - kept.time.secondsSinceEpoch)
    add(
      .warning(
        "registry", "\(cause); the answer of \(age) s ago would be used (\(file.path))",
        do: remedy))
    return manifest
  }

  /// Plain HTTP to another machine.
  private static func isReadableOnTheWay(_ url: String) -> Bool {
    guard url.lowercased().hasPrefix("http://") else { return false }
    let authority = url.dropFirst(7).prefix { $0 != "/" }
    if authority.hasPrefix("[::1]") { return false }
    return !["localhost", "127.0.0.1"].contains(authority.prefix { $0 != ":" })
  }
}
