import Identity

extension Inspection {
  /// The deployment API: its address, its token, and where uploads go.
  func lookAtAPI(_ settings: APISettings) {
    let host = settings.host == "localhost" ? "127.0.0.1" : settings.host
    lookAtAddress(host, settings.port, setting: "api.listen")
    lookAtFolder("uploads", Folder.parent(of: configuration.runner.submissionFolder("id")))
    guard let file = settings.tokenFile else {
      return add(.fine("api", "\(settings.address), open to this machine's users"))
    }
    do {
      _ = try BearerToken(file: file)
      add(.fine("api", "\(settings.address), with the token of \(file)"))
    } catch {
      add(.failure("api", "\(error)", do: "make it: umask 077; openssl rand -hex 32 > FILE"))
    }
  }
}
