import Competition

/// What a request to the deployment API asks for.
enum APIRoute: Hashable {
  case health
  case list
  case add
  case update(ModelID)
  case remove(ModelID)
  case log(LogJob)
  case preflight

  /// The route of a method and a path.
  ///
  /// - Throws: `APIRefusal` 404 for a path that isn't there, 405 for a method that it doesn't have.
  init(_ method: String, _ path: Substring) throws(APIRefusal) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    // FastAPI leads `/models/` to `/models`.
    if parts.count > 1, parts.last == "" { parts = parts.dropLast() }
    let words = Array(parts)
    let routes: [String: APIRoute]
    switch words.first {
    case "healthz" where words.count == 1: routes = ["GET": .health]
    case "models" where words.count == 1: routes = ["GET": .list, "POST": .add]
    case "models" where words.count == 2 && SafeName.allows(String(words[1])):
      let id = ModelID(String(words[1]))
      routes = ["PATCH": .update(id), "DELETE": .remove(id)]
    case "models" where words.count == 4 && words[1] == "logs":
      guard let kind = LogJob.Kind(rawValue: String(words[2])), SafeName.allows(String(words[3]))
      else { throw .notFound }
      routes = ["GET": .log(LogJob(kind: kind, name: String(words[3])))]
    default: throw .notFound
    }
    if let route = routes[method] {
      self = route
    } else if method == "OPTIONS" {
      self = .preflight
    } else {
      throw APIRefusal(405, "Method Not Allowed")
    }
  }
}

/// One log: what the list calls it in its addresses.
public struct LogJob: Hashable, Sendable {
  /// Whose log.
  public enum Kind: String, Hashable, Sendable {
    /// Of the Python environment's build; the name is the environment's.
    case builder
    /// Of the model; the name is the model's id.
    case runner
  }

  /// Whose log.
  public let kind: Kind
  /// The name, safe as a part of a file's name.
  public let name: String
}
