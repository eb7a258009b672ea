/// The part of a URL that may be shown: scheme, host, port and path.
///
/// User and password are secrets, and keys of price services travel in the query, so both are left
/// out. Everything up to the last `@` counts as user and password, since a password with a `/` or
/// `?` in it is a common mistake and must not be shown either.
enum PublicAddress {
  static func text(of url: String) -> String {
    let scheme = url.firstRange(of: "://").map { url[..<$0.upperBound] } ?? ""
    let rest = url[scheme.endIndex...]
    let open = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
    return String(scheme) + String(open.prefix { $0 != "?" && $0 != "#" })
  }
}
