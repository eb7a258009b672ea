internal import CLibPQ
import Competition

/// Where the database is and how long to wait for it.
///
/// Either `url` or the single parts; what neither says is left to libpq (its `PG…` environment
/// variables, passfile and defaults). Printing a configuration never shows a password.
public struct DatabaseConfiguration: Hashable, Sendable {
  /// A libpq URL (`postgresql://user@host/db?sslmode=require`) or keyword text; nil for the parts.
  public var url: String?
  /// A host name, an address, or the folder of a Unix socket (starts with `/`).
  public var host: String?
  /// The server's port; for a Unix socket, the number in the socket's name.
  public var port: Int?
  /// The role to connect as.
  public var user: String?
  /// The role's password.
  public var password: String?
  /// The name of the database.
  public var database: String?
  /// How the session is named in `pg_stat_activity`.
  public var applicationName = "updraft"
  /// The longest wait for a connection. Default 10 s: two lost packets and a slow backend start.
  public var connectTimeout = Duration.seconds(10)
  /// The longest a statement may run on the server. Default 60 s: 1 GiB of answers at 20 MB/s.
  public var statementTimeout = Duration.seconds(60)
  /// The longest a statement waits for a lock. Default 10 s.
  public var lockTimeout = Duration.seconds(10)

  /// A configuration that leaves everything to libpq.
  public init() {}

  /// The configuration of Condor's environment variables: `POSTGRES_USER`, `POSTGRES_PASSWORD`,
  /// `POSTGRES_HOST`, `POSTGRES_PORT`, `POSTGRES_DB`. A `url` goes before them.
  ///
  /// - Throws: `StorageError` of code `configuration` when the port or the URL can't be read.
  public init(environment: [String: String], url: String? = nil) throws(StorageError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let url, !url.isEmpty {
      self.url = url
      _ = try urlParts()
      return
    }
    host = value("POSTGRES_HOST")
    user = value("POSTGRES_USER")
    password = value("POSTGRES_PASSWORD")
    database = value("POSTGRES_DB")
    if let text = value("POSTGRES_PORT") {
      guard let number = Int(text), (1...65_535).contains(number) else {
        throw StorageError(
          .configuration, "POSTGRES_PORT: must be 1…65535, got \"\(text)\"",
          doing: "read the database settings", hint: "set it to the server's port, usually 5432")
      }
      port = number
    }
  }

  /// Where the database is, for logs and errors: `localhost:5432/condor as alice`.
  public var summary: String {
    let parts = (try? urlParts()) ?? [:]
    let host = parts["host"] ?? parts["hostaddr"] ?? host ?? "default host"
    let port = parts["port"] ?? self.port.map(String.init)
    let name = parts["dbname"] ?? database
    let user = parts["user"] ?? user
    return host + (port.map { ":\($0)" } ?? "") + (name.map { "/\($0)" } ?? "")
      + (user.map { " as \($0)" } ?? "")
  }

  /// The keywords and values for libpq. What stands before `dbname` gives way to the URL's own.
  var keywords: [(name: String, value: String)] {
    var pairs = [
      ("fallback_application_name", applicationName), ("keepalives_idle", "15"),
      ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
    ]
    if let url {
      pairs.append(("dbname", url))
    } else {
      pairs += [
        ("host", host), ("port", port.map(String.init)), ("user", user), ("password", password),
        ("dbname", database.map(Self.keywordText(database:))),
      ].compactMap { name, value in value.map { (name, $0) } }
    }
    pairs.append(("client_encoding", "UTF8"))
    return pairs
  }

  /// libpq reads a `dbname` with `=` or a URL scheme as a whole configuration: a plain name that
  /// looks like one is quoted.
  private static func keywordText(database: String) -> String {
    let looksLikeConfiguration =
      database.contains("=") || database.hasPrefix("postgresql://")
      || database.hasPrefix("postgres://")
    guard looksLikeConfiguration else { return database }
    var quoted = "dbname='"
    for character in database {
      if character == "'" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "'"
  }

  /// The parts that the URL sets; empty without a URL.
  private func urlParts() throws(StorageError) -> [String: String] {
    guard let url else { return [:] }
    var reason: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &reason) else {
      let text = reason.map { String(cString: $0) } ?? "out of memory"
      PQfreemem(reason)
      throw StorageError(
        .configuration, "database.url is not a libpq URL: \(Self.withoutQuotedText(text))",
        doing: "read the database settings",
        hint: "write it as postgresql://user@host:5432/database; the password belongs in "
          + "PGPASSWORD or the passfile")
    }
    defer { PQconninfoFree(options) }
    var parts: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        let name = String(cString: keyword)
        if name != "password" { parts[name] = String(cString: value) }
      }
      option += 1
    }
    return parts
  }

  /// libpq quotes pieces of the URL in its messages; one of them may be the password.
  private static func withoutQuotedText(_ text: String) -> String {
    let line = text.prefix { $0 != "\n" }
    return line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "…" }.joined(separator: "\"")
  }
}

extension DatabaseConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The summary, without a password.
  public var description: String { summary }
  /// The summary, without a password.
  public var debugDescription: String { summary }
  /// Shows the summary only, so that `dump` shows no password either.
  public var customMirror: Mirror { Mirror(self, children: ["summary": summary]) }
}
