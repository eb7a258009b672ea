import Identity
public import ServiceRuntime
public import Settings

extension OrchestratorSettings {
  /// What `ClusterOptions.orchestratorAuthorization` is to be: the token of
  /// `orchestrator.token_file`.
  ///
  /// - Returns: The value of an `Authorization` field; nil when no file is named.
  /// - Throws: `StartFailure` when the file is missing, open to others or holds no token.
  public func readAuthorization() throws(StartFailure) -> String? {
    guard let tokenFile else { return nil }
    do {
      return try BearerToken(file: tokenFile).authorization
    } catch {
      throw StartFailure("orchestrator.token_file: \(error)", exitCode: .wrongConfiguration)
    }
  }
}
