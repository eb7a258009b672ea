/// The advice that goes with a failure: one clause, what the operator can do.
enum StorageHint {
  static func text(code: StorageError.Code, sqlState: String?) -> String? {
    sqlState.flatMap(text(sqlState:)) ?? text(code: code)
  }

  private static func text(code: StorageError.Code) -> String? {
    switch code {
    case .unreachable:
      "check that PostgreSQL runs there and that host and port are right "
        + "(POSTGRES_HOST, POSTGRES_PORT or database.url)"
    case .authentication:
      "check POSTGRES_USER and POSTGRES_PASSWORD (or database.url, or the passfile)"
    case .databaseMissing:
      "create the database with createdb, or set POSTGRES_DB (or database.url)"
    case .schema: "create the tables with `updraft init-db`"
    case .privileges: "let the tables' owner GRANT the role the right, or use the owner's role"
    case .timedOut: "check the server's load and locks (pg_stat_activity)"
    default: nil
    }
  }

  private static func text(sqlState: String) -> String? {
    switch sqlState {
    case "28P01", "28000": text(code: .authentication)
    case "3D000": text(code: .databaseMissing)
    case "42P01", "42703", "3F000": text(code: .schema)
    case "42501": text(code: .privileges)
    case "25006": "this server or role is read-only: connect to the primary, as a role that writes"
    case "53100": "the server's disk is full: free space there"
    case "53300": "the server has no free connection: raise max_connections or end idle clients"
    case "55P03": "another session holds a lock on it: see pg_locks, then try again"
    case "57014": "the statement took longer than its limit: check the server's load and locks"
    case "57P03": "the server is starting, stopping or recovering: try again in a moment"
    default: nil
    }
  }
}
