import Identity

extension PublisherSettings {
  /// Reads the token.
  ///
  /// - Parameter file: Where the setting stands, for the message.
  /// - Returns: The token that `token-file` names; nil when it names none.
  /// - Throws: `ConfigurationFault` when the file is missing, open to others or holds no token.
  func readToken(_ file: String) throws(ConfigurationFault) -> BearerToken? {
    guard let tokenFile else { return nil }
    do {
      return try BearerToken(file: tokenFile)
    } catch {
      throw ConfigurationFault(problems: [
        ConfigurationProblem(
          setting: "infrastructure.publishers[].token-file", text: "\(error)", file: file,
          line: nil)
      ])
    }
  }
}
