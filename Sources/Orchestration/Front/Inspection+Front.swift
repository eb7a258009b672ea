/// What a check looks at when models have fronts.
extension Inspection {
  /// Whether the front's program is there.
  func lookAtFront() {
    guard let front = configuration.runner.front else { return }
    let program = front.command[0]
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    guard (try? ProgramSearch.find(program, path: path, from: front.folder)) != nil else {
      return add(
        .failure(
          "front", "there is no program \(program)",
          do: "correct infrastructure.runner.front.command"))
    }
    add(.fine("front", "\(program) stands before each model and is announced in its place"))
  }

  /// Models that a coordinator in secure mode would refuse, whatever their front shows.
  func lookAtOwners(_ models: [ModelEntry]) {
    guard configuration.runner.front != nil else { return }
    let nameless = models.filter {
      $0.infos.cruncherWalletPublicKey == nil || $0.infos.cruncherHotkey == nil
    }
    guard !nameless.isEmpty else { return }
    add(
      .warning(
        "front",
        "without cruncher_wallet_pubkey or cruncher_hotkey: "
          + nameless.map(\.modelID.rawValue).joined(separator: ", "),
        do: "name both; a coordinator in secure mode refuses a model that has no owner"))
  }
}
